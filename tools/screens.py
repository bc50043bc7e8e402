"""Write pictures of the command at work: `python tools/screens.py docs/screens`.

Each is a real run in a real terminal, on a local cloud of its own. Nothing of it is edited.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

COMMAND = Path(sys.executable).with_name("evolve-pulumi")
EXAMPLE = Path(__file__).parents[1] / "examples" / "seeded_database"
COLUMNS = 92
TOKEN = re.compile(r"\x1b\[(?P<count>[0-9;?]*)(?P<control>[A-Za-z])|(?P<text>[^\x1b\r\n]+)|(?P<line>\r?\n)|\r")
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, monospace; line-height: {line_height}px }}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own, but for its fonts, which a browser would fetch from elsewhere."""


def main(folder: Path) -> None:
    """A pull request on the example with a seeded database: opened, looked at, and about to be changed."""
    folder.mkdir(parents=True, exist_ok=True)
    with place() as (repository, environment):

        def picture(name: str, *arguments: str) -> None:
            shown = f"$ evolve-pulumi {' '.join(arguments)}\n{run(arguments, repository, environment)}"
            if str(Path.home()) in shown or str(repository.parent) in shown:
                raise SystemExit(f"{name} shows a path of this machine")
            (folder / f"{name}.svg").write_text(svg(name, shown))

        picture("up", "up", "--pr", "7", "--local")
        picture("status", "status", "--pr", "7")
        server = repository / "server.py"
        server.write_text(server.read_text().replace("<h1>Bookshop</h1>", "<h1>Books and more</h1>"))
        commit(repository, "Sell more")
        picture("preview", "preview", "--pr", "7")


@contextmanager
def place() -> Generator[tuple[Path, Mapping[str, str]]]:
    """The example as a repository of its own, and the environment of a shell with a local cloud."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)
        repository = Path(shutil.copytree(EXAMPLE, folder / "bookshop"))
        subprocess.run(["git", "init", "--quiet", repository], check=True)
        commit(repository, "A shop")
        environment = os.environ | {
            "EVOLVE_LOCAL_FOLDER": str(folder / "cloud"),
            "EVOLVE_STATE_FOLDER": str(folder / "states"),
            "PULUMI_HOME": str(folder / "home"),
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
        }
        subprocess.run([COMMAND, "local", "up", "--port", "0"], env=environment, check=True)
        try:
            yield repository, environment
        finally:
            subprocess.run([COMMAND, "local", "down"], env=environment, check=True)


def commit(repository: Path, message: str) -> None:
    """Commit all that there is."""
    git = ["git", "-C", str(repository), "-c", "user.name=A developer", "-c", "user.email=developer@example.com"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", message], check=True)


def run(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> str:
    """What is on the screen of a terminal when a command has ended, with its colours as escapes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b"".join(received(ours))
    os.close(ours)
    if process.wait():
        raise SystemExit(f"{' '.join(arguments)}: exit code {process.returncode}\n{written.decode()}")
    return screen(written.decode())


def received(terminal: int) -> Iterator[bytes]:
    """All that comes from a terminal, until nobody has its other end any more."""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says it like that.
            return
        if not piece:
            return
        yield piece


def screen(written: str) -> str:
    """What is left to see: lines are gone over again by moving up, and erased."""
    lines, row = [""], 0
    for token in TOKEN.finditer(written):
        match token["control"]:
            case "A":
                row -= int(token["count"] or 1)
            case "K":
                lines[row] = ""
            case "m":
                lines[row] += token[0]
            case _:
                lines[row] += token["text"] or ""
        if token["line"]:
            row += 1
            lines += [""] * (row + 1 - len(lines))
    return "\n".join(lines).rstrip()


def svg(name: str, shown: str) -> str:
    """A screen as a picture."""
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(shown))
    return console.export_svg(title=f"evolve-pulumi {name}", code_format=SVG, unique_id=name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
