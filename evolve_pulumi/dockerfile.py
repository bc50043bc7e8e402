"""Dockerfiles, put together in the program that declares what is built from them."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Self

CONTINUATION = re.compile(r"\\[ \t]*\n")
SPECIAL, ESCAPED = re.compile(r'(["\\$])'), r"\\\1"
"""What means something between the quotes of a Dockerfile, and how it is kept from it."""
CONTEXT = re.compile(r"(COPY|ADD)\s+(?P<rest>.*)", re.IGNORECASE)


class Dockerfile(str):
    """The text of a Dockerfile, with a method for each step that adds it and returns the whole.

    It is a string: `Dockerfile.from_image("python:3.12-slim").pip_install("flask")` goes wherever the text of a
    Dockerfile does. What is known only later has to be in the text before: `version.apply(lambda v: Dockerfile…)`.
    """

    @classmethod
    def from_image(cls, image: str) -> Self:
        """Begin with a registry's image, by name and tag or digest."""
        return cls(f"FROM {image}\n")

    @classmethod
    def debian_slim(cls, python_version: str = "3.12") -> Self:
        """Begin with Python's own image on Debian, without what most programs do not need."""
        return cls.from_image(f"python:{python_version}-slim-bookworm")

    def pip_install(self, *packages: str, index_url: str | None = None) -> Self:
        """Install Python packages, given as pip takes them: `"flask>=3"`."""
        options = ["--index-url", index_url] if index_url else []
        return self.run(shlex.join(["python", "-m", "pip", "install", "--no-cache-dir", *options, *packages]))

    def run(self, *commands: str) -> Self:
        """Run shell commands, each a layer of its own."""
        return self._with(*(f"RUN {command}" for command in commands))

    def env(self, variables: Mapping[str, str]) -> Self:
        """Set environment variables, for the steps that follow and for what runs in the end."""
        return self._with(*(f'ENV {name}="{SPECIAL.sub(ESCAPED, value)}"' for name, value in variables.items()))

    def workdir(self, path: str) -> Self:
        """Change the working directory."""
        return self._with(f"WORKDIR {path}")

    def user(self, name: str) -> Self:
        """Change the user."""
        return self._with(f"USER {name}")

    def entrypoint(self, *words: str) -> Self:
        """Set the program that runs when a sandbox starts."""
        return self._with(f"ENTRYPOINT {json.dumps(words)}")

    def cmd(self, *words: str) -> Self:
        """Set the entrypoint's arguments, or the program where there is no entrypoint."""
        return self._with(f"CMD {json.dumps(words)}")

    def _with(self, *lines: str) -> Self:
        begun = f"{self}\n" if self and not self.endswith("\n") else self
        return type(self)("".join([begun, *(f"{line}\n" for line in lines)]))


def local_files(text: str) -> Iterator[str]:
    """The instructions of a Dockerfile that take files from the folder it is built in."""
    for line in CONTINUATION.sub(" ", text).splitlines():
        found = CONTEXT.fullmatch(line.strip())
        if found and not re.search(r"--from=|<<|(^|\s)https?://", found["rest"]):
            yield line.strip()
