"""Watched folders, as the E2B SDK tells of them."""

import asyncio

import pytest
from e2b import (
    E2B,
    FileNotFoundException,
    FilesystemEvent,
    FilesystemEventType,
    InvalidArgumentException,
    NotFoundException,
    Sandbox,
    SandboxException,
    TimeoutException,
)

from tests.local.e2b.client import write
from tests.waiting import until

CREATE, WRITE, REMOVE = FilesystemEventType.CREATE, FilesystemEventType.WRITE, FilesystemEventType.REMOVE
RENAME, CHMOD = FilesystemEventType.RENAME, FilesystemEventType.CHMOD


def told(events: list[FilesystemEvent]) -> list[tuple[FilesystemEventType, str]]:
    return [(event.type, event.name) for event in events]


def test_everything_that_happens_in_a_folder_is_told_once(sandbox: Sandbox) -> None:
    sandbox.files.make_dir("watched/inner")
    watch = sandbox.files.watch_dir("watched")
    assert watch.get_new_events() == []
    sandbox.commands.run(
        "cd watched; echo x > f; chmod 600 f; mv f g; mv g ../out; mv ../out back; rm back; touch inner/i"
    )
    assert told(watch.get_new_events()) == [
        *((CREATE, "f"), (WRITE, "f"), (CHMOD, "f"), (RENAME, "f"), (CREATE, "g")),
        *((RENAME, "g"), (CREATE, "back"), (REMOVE, "back")),
    ]
    assert watch.get_new_events() == []
    write(sandbox, "watched/uploaded", "x")
    assert told(watch.get_new_events()) == [(CREATE, "uploaded"), (WRITE, "uploaded")]
    watch.stop()
    with pytest.raises(SandboxException, match="already stopped"):
        watch.get_new_events()


def test_folders_that_come_are_watched_too(sandbox: Sandbox) -> None:
    sandbox.files.make_dir("top/old")
    watch = sandbox.files.watch_dir("top", recursive=True)
    events: list[tuple[FilesystemEventType, str]] = []
    # Nobody could tell what was made in a folder that has moved on before it was noticed.
    for command in "mkdir -p a/b/c; echo > a/b/c/f", "mv a/b old/moved; echo > old/moved/c/g; rm -r old":
        sandbox.commands.run(f"cd top; {command}")
        events += told(watch.get_new_events())
    for event in (CREATE, "a"), (CREATE, "a/b/c"), (CREATE, "a/b/c/f"), (RENAME, "a/b"), (CREATE, "old/moved"):
        assert events.count(event) == 1, (event, events)
    for event in (CREATE, "old/moved/c/g"), (REMOVE, "old/moved/c/f"), (REMOVE, "old/moved"), (REMOVE, "old"):
        assert events.count(event) == 1, (event, events)
    watch.stop()


def test_what_is_made_at_once_in_new_folders_is_told(sandbox: Sandbox) -> None:
    watch = sandbox.files.watch_dir("/tmp", recursive=True)
    sandbox.commands.run("for i in $(seq 20); do mkdir -p /tmp/$i/a/b; echo > /tmp/$i/a/b/f; done")
    created = [event.name for event in watch.get_new_events() if event.type == CREATE]
    assert sorted(created) == sorted(f"{i}{below}" for i in range(1, 21) for below in ("", "/a", "/a/b", "/a/b/f"))
    watch.stop()


def test_events_come_with_what_is_there(sandbox: Sandbox) -> None:
    watch = sandbox.files.watch_dir(".", include_entry=True)
    sandbox.commands.run("echo text > f; ln -s f l; rm l")
    events = {event.name: event for event in watch.get_new_events() if event.type != REMOVE}
    entry = events["f"].entry
    assert entry
    assert (entry.path, entry.size, entry.owner) == ("/home/user/f", 5, "user")
    watch.stop()


def test_only_folders_that_are_there_are_watched(sandbox: Sandbox) -> None:
    with pytest.raises(FileNotFoundException):
        sandbox.files.watch_dir("none")
    write(sandbox, "file", "")
    with pytest.raises(InvalidArgumentException):
        sandbox.files.watch_dir("file")


def test_a_folder_that_goes_is_told_of(sandbox: Sandbox) -> None:
    sandbox.files.make_dir("going")
    watch = sandbox.files.watch_dir("going")
    sandbox.files.remove("going")
    assert told(watch.get_new_events()) == [(REMOVE, ".")]
    watch.stop()


def test_a_watch_is_stopped_once(sandbox: Sandbox) -> None:
    watch = sandbox.files.watch_dir(".")
    watch.stop()
    with pytest.raises(NotFoundException):
        watch.stop()


def test_more_than_can_be_kept_is_an_error(sandbox: Sandbox) -> None:
    watch = sandbox.files.watch_dir(".")
    sandbox.commands.run("for i in $(seq 9000); do echo > $i; done")
    with pytest.raises(SandboxException, match="Too many events"):
        watch.get_new_events()
    watch.stop()


def test_events_are_told_as_they_happen(e2b: E2B) -> None:
    async def watch() -> list[FilesystemEvent]:
        sandbox = await e2b.AsyncSandbox.create()
        events = asyncio.Queue[FilesystemEvent]()
        ended = asyncio.Event()
        handle = await sandbox.files.watch_dir(
            ".", on_event=events.put_nowait, on_exit=lambda _: ended.set(), recursive=True, include_entry=True
        )
        found: list[FilesystemEvent] = []
        for name in ("one", "two"):
            await sandbox.commands.run(f"mkdir {name}")
            found.append(await events.get())
        await handle.stop()
        assert ended.is_set()
        return found

    found = asyncio.run(asyncio.wait_for(watch(), 20))
    assert told(found) == [(CREATE, "one"), (CREATE, "two")]
    assert [event.entry.path for event in found if event.entry] == ["/home/user/one", "/home/user/two"]


def test_a_followed_watch_ends_with_its_time(e2b: E2B) -> None:
    async def watch() -> Exception | None:
        sandbox = await e2b.AsyncSandbox.create()
        ended = asyncio.Queue[Exception | None]()
        await sandbox.files.watch_dir(".", on_event=lambda _: None, on_exit=ended.put_nowait, timeout=0.3)
        return await ended.get()

    assert isinstance(asyncio.run(asyncio.wait_for(watch(), 20)), TimeoutException)


def test_watches_that_nobody_follows_any_more_are_gone(e2b: E2B, sandbox: Sandbox) -> None:
    def descriptors() -> int:
        return sandbox.commands.run("ls -l /proc/1/fd").stdout.count("anon_inode:inotify")

    async def watch() -> None:
        joined = await e2b.AsyncSandbox.connect(sandbox.sandbox_id)
        handle = await joined.files.watch_dir(".", on_event=lambda _: None)
        assert await asyncio.to_thread(descriptors) == 1
        await handle.stop()

    asyncio.run(asyncio.wait_for(watch(), 20))
    until(lambda: descriptors() == 0)
