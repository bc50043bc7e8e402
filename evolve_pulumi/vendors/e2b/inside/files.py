"""Files of an E2B sandbox, by envd's own endpoints."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

from e2b import EntryInfo, FilesystemEventType, FileType

from evolve_pulumi.errors import UnsupportedError
from evolve_pulumi.vendors.e2b.inside.envd import Envd
from evolve_pulumi.vendors.inside import Content, FileEvent, FileInfo, TextMatch
from evolve_pulumi.vendors.streams import send
from evolve_pulumi.vendors.watching import Polling

Kind = Literal["created", "written", "removed", "renamed", "permissions"]
KINDS: dict[FilesystemEventType, Kind] = {
    FilesystemEventType.CREATE: "created",
    FilesystemEventType.WRITE: "written",
    FilesystemEventType.REMOVE: "removed",
    FilesystemEventType.RENAME: "renamed",
    FilesystemEventType.CHMOD: "permissions",
}
WATCH_SECONDS = 0.5


class E2BFiles:
    """The files of one sandbox."""

    def __init__(self, envd: Envd) -> None:
        self._envd = envd

    def read(self, path: str) -> bytes:
        """`files.read`."""
        return bytes(self._envd.replay(lambda box: box.files.read(path, format="bytes")))

    def write(self, path: str, content: Content) -> None:
        """`files.write`."""
        self.write_batch({path: content})

    def write_batch(self, files: Mapping[str, Content]) -> None:
        """`files.write_files`, in one call."""
        entries: list[Any] = [{"path": path, "data": content} for path, content in files.items()]
        self._envd.replay(lambda box: box.files.write_files(entries))  # pyright: ignore[reportUnknownMemberType, reportUnknownLambdaType]

    def make_dir(self, path: str) -> bool:
        """`files.make_dir`."""
        return self._envd.replay(lambda box: box.files.make_dir(path))

    def exists(self, path: str) -> bool:
        """`files.exists`."""
        return self._envd.replay(lambda box: box.files.exists(path))

    def info(self, path: str) -> FileInfo:
        """`files.get_info`."""
        return _info(self._envd.replay(lambda box: box.files.get_info(path)))

    def list(self, path: str, depth: int = 1) -> Sequence[FileInfo]:
        """`files.list`."""
        return [_info(seen) for seen in self._envd.replay(lambda box: box.files.list(path, depth))]

    def remove(self, path: str) -> None:
        """`files.remove`."""
        self._envd.replay(lambda box: box.files.remove(path))

    def rename(self, old: str, new: str) -> None:
        """`files.rename`."""
        self._envd.call(lambda box: box.files.rename(old, new))

    def read_stream(self, path: str) -> Iterator[bytes]:
        """`files.read` as a stream."""
        with self._envd.reached() as box, box.files.read(path, format="stream") as pieces:
            yield from pieces

    def write_stream(self, path: str, chunks: Iterable[bytes]) -> None:
        """`files.write` of an iterable."""
        send(chunks, lambda pieces: self._envd.call(lambda box: box.files.write(path, pieces)))  # pyright: ignore[reportUnknownMemberType, reportUnknownLambdaType]

    def upload_url(self, path: str, expires_seconds: int = 300) -> str:
        """`upload_url`: takes a POST with a form, the content in its part `file`."""
        return self._envd.call(lambda box: box.upload_url(path, use_signature_expiration=expires_seconds))

    def download_url(self, path: str, expires_seconds: int = 300) -> str:
        """`download_url`."""
        return self._envd.call(lambda box: box.download_url(path, use_signature_expiration=expires_seconds))

    def watch_dir(self, path: str, on_event: Callable[[FileEvent], None], *, recursive: bool = False) -> Polling:
        """`files.watch_dir`: E2B keeps what happens, and `get_new_events` asks for it, twice a second."""
        handle = self._envd.replay(lambda box: box.files.watch_dir(path, recursive=recursive))

        def events() -> Iterator[FileEvent]:
            for each in self._envd.call(lambda _: handle.get_new_events()):
                yield FileEvent(KINDS[each.type], str(PurePosixPath(path, each.name)))

        return Polling(events, on_event, WATCH_SECONDS, lambda: self._envd.call(lambda _: handle.stop()))

    def set_permissions(self, path: str, mode: int) -> None:
        """UnsupportedError: run `chmod` with `commands.run`."""
        raise _unsupported("set permissions of files", f"chmod {mode:o} PATH")

    def find(self, path: str, pattern: str) -> Sequence[TextMatch]:
        """UnsupportedError: run `grep` with `commands.run`."""
        raise _unsupported("search in files", "grep -rnF TEXT FOLDER")

    def search(self, path: str, pattern: str) -> Sequence[str]:
        """UnsupportedError: run `find` with `commands.run`."""
        raise _unsupported("search for files", "find FOLDER -name PATTERN")

    def replace(self, paths: Sequence[str], old: str, new: str) -> None:
        """UnsupportedError: run `sed` with `commands.run`."""
        raise _unsupported("replace in files", "sed -i s/OLD/NEW/g FILE")


def _unsupported(what: str, command: str) -> UnsupportedError:
    return UnsupportedError(f"E2B's API cannot {what}", remedy=f'Run it there: `commands.run("{command}")`.')


def _info(seen: EntryInfo) -> FileInfo:
    return FileInfo(
        name=seen.name,
        path=seen.path,
        is_dir=seen.type == FileType.DIR,
        size=seen.size,
        mode=seen.mode,
        owner=seen.owner,
        modified_at=seen.modified_time,
    )
