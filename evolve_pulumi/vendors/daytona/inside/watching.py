"""What has happened in a folder of a Daytona sandbox, by comparing what was listed with what is listed now."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from evolve_pulumi.vendors.inside import FileEvent, FileInfo

Listing = Mapping[str, FileInfo]


class Listed:
    """The last listing of a folder."""

    def __init__(self, look: Callable[[], Sequence[FileInfo]]) -> None:
        self._look = look
        self._last = self._now()

    def events(self) -> Iterator[FileEvent]:
        """What is different from the last time; a file that came and went is not."""
        before, self._last = self._last, self._now()
        yield from _compared(before, self._last)

    def _now(self) -> Listing:
        return {each.path: each for each in self._look()}


def _compared(before: Listing, now: Listing) -> Iterator[FileEvent]:
    for path in before.keys() - now.keys():
        yield FileEvent("removed", path)
    for path, found in now.items():
        was = before.get(path)
        if was is None:
            yield FileEvent("created", path)
            continue
        if not found.is_dir and (was.size, was.modified_at) != (found.size, found.modified_at):
            yield FileEvent("written", path)
        if was.mode != found.mode:
            yield FileEvent("permissions", path)
