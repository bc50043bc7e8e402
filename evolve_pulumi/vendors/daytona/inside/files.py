"""Files of a Daytona sandbox, by the toolbox's own endpoints."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from daytona import FileUpload
from daytona.common.errors import DaytonaFileNotFoundError
from daytona_toolbox_api_client import FileInfo as Seen

from evolve_pulumi.errors import NotFoundError, VendorError
from evolve_pulumi.vendors.daytona.inside.toolbox import Toolbox
from evolve_pulumi.vendors.daytona.inside.watching import Listed
from evolve_pulumi.vendors.inside import Content, FileEvent, FileInfo, TextMatch
from evolve_pulumi.vendors.streams import send
from evolve_pulumi.vendors.watching import Polling

FOLDER_MODE = "755"
WATCH_SECONDS = 1
DEEPEST = 64
"""Levels of a folder that is watched with all that is below."""


class DaytonaFiles:
    """The files of one sandbox."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def read(self, path: str) -> bytes:
        """`fs.download_file`."""
        return self._toolbox.replay(lambda box: box.fs.download_file(path))

    def write(self, path: str, content: Content) -> None:
        """`fs.upload_file`."""
        self._toolbox.replay(lambda box: box.fs.upload_file(_bytes(content), path))

    def write_batch(self, files: Mapping[str, Content]) -> None:
        """`fs.upload_files`, in one call."""
        uploads = [FileUpload(_bytes(content), path) for path, content in files.items()]
        if uploads:
            self._toolbox.replay(lambda box: box.fs.upload_files(uploads))

    def make_dir(self, path: str) -> bool:
        """`fs.create_folder`, after a look whether it is there, which Daytona does not tell."""
        if (found := self._find(path)) and found.is_dir:
            return False
        self._toolbox.replay(lambda box: box.fs.create_folder(path, FOLDER_MODE))
        return True

    def exists(self, path: str) -> bool:
        """`fs.get_file_info`: whether it is not found."""
        return self._find(path) is not None

    def info(self, path: str) -> FileInfo:
        """`fs.get_file_info`."""
        seen = self._toolbox.replay(lambda box: box.fs.get_file_info(path))
        return _info(seen, str(PurePosixPath(path).parent))

    def list(self, path: str, depth: int = 1) -> Sequence[FileInfo]:
        """`fs.list_files`."""
        return [_info(seen, path) for seen in self._toolbox.replay(lambda box: box.fs.list_files(path, depth))]

    def remove(self, path: str) -> None:
        """`fs.delete_file`; what is not found is gone."""
        try:
            self._toolbox.replay(lambda box: box.fs.delete_file(path, recursive=True))
        except NotFoundError as error:
            self._is_of_file(error)

    def rename(self, old: str, new: str) -> None:
        """`fs.move_files`."""
        self._toolbox.call(lambda box: box.fs.move_files(old, new))

    def set_permissions(self, path: str, mode: int) -> None:
        """`fs.set_file_permissions`."""
        self._toolbox.replay(lambda box: box.fs.set_file_permissions(path, mode=f"{mode:o}"))

    def read_stream(self, path: str) -> Iterator[bytes]:
        """`fs.download_file_stream`."""
        with self._toolbox.reached() as box:
            yield from box.fs.download_file_stream(path)

    def write_stream(self, path: str, chunks: Iterable[bytes]) -> None:
        """`fs.upload_file_stream`."""
        send(
            chunks,
            lambda pieces: self._toolbox.call(lambda box: box.fs.upload_file_stream(_Reader(pieces), path)),
        )

    def upload_url(self, path: str, expires_seconds: int = 300) -> str:
        """`upload_url`: takes a POST with a form, the content in its part `file`."""
        return self._toolbox.replay(lambda box: box.upload_url(path, expires_seconds))

    def download_url(self, path: str, expires_seconds: int = 300) -> str:
        """`download_url`."""
        return self._toolbox.replay(lambda box: box.download_url(path, expires_seconds))

    def watch_dir(self, path: str, on_event: Callable[[FileEvent], None], *, recursive: bool = False) -> Polling:
        """`fs.list_files`, once a second: one call that lists all of it, so mind large folders.

        A rename is told as removed and created; what comes and goes between two calls is not told.
        """
        depth = DEEPEST if recursive else 1
        return Polling(Listed(lambda: self.list(path, depth)).events, on_event, WATCH_SECONDS)

    def find(self, path: str, pattern: str) -> Sequence[TextMatch]:
        """`fs.find_files`."""
        found = self._toolbox.replay(lambda box: box.fs.find_files(path, pattern))
        return [TextMatch(each.file, each.line, each.content) for each in found]

    def search(self, path: str, pattern: str) -> Sequence[str]:
        """`fs.search_files`."""
        return self._toolbox.replay(lambda box: box.fs.search_files(path, pattern)).files

    def replace(self, paths: Sequence[str], old: str, new: str) -> None:
        """`fs.replace_in_files`."""
        results = self._toolbox.call(lambda box: box.fs.replace_in_files([*paths], old, new))
        if problems := [f"{each.file}: {each.error}" for each in results if not each.success]:
            raise VendorError(f"not replaced in {', '.join(problems)}")

    def _find(self, path: str) -> FileInfo | None:
        try:
            return self.info(path)
        except NotFoundError as error:
            self._is_of_file(error)
            return None

    def _is_of_file(self, error: NotFoundError) -> None:
        """Raises NotFoundError where it is the sandbox that is not there."""
        if not isinstance(error.__cause__, DaytonaFileNotFoundError):
            self._toolbox.look()


class _Reader(io.RawIOBase):
    """Chunks as a file, which the SDK reads them from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; none at the end."""
        while not self._rest and (chunk := next(self._chunks, None)) is not None:
            self._rest = chunk
        piece, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return piece


def _bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _info(seen: Seen, folder: str) -> FileInfo:
    return FileInfo(
        name=seen.name,
        path=seen.path or str(PurePosixPath(folder, seen.name)),
        is_dir=seen.is_dir,
        size=seen.size,
        mode=int(seen.permissions, 8) & 0o7777,
        owner=seen.owner,
        # Older daemons write only Go's form of a time, in UTC.
        modified_at=datetime.fromisoformat(seen.modified_at or f"{seen.mod_time[:19]}+00:00"),
    )
