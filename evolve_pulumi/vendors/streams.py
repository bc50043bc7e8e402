"""Sending what comes piece by piece."""

from collections.abc import Callable, Iterable, Iterator

from evolve_pulumi.errors import EvolveError


def send(chunks: Iterable[bytes], call: Callable[[Iterable[bytes]], object]) -> None:
    """Make a call that sends chunks; where these fail, their own error is raised and not what the call made of it."""
    failed: list[Exception] = []

    def watched() -> Iterator[bytes]:
        try:
            yield from chunks
        except Exception as error:
            failed.append(error)
            raise

    try:
        call(watched())
    except EvolveError as error:
        raise failed[0] if failed else error from error
