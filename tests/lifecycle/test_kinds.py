"""Tables are made when they are needed, by whatever threads the engine calls in."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from evolve_pulumi.lifecycle.kinds import KINDS, Kind
from evolve_pulumi.vendors import VENDORS


def test_no_two_threads_parse_source_text_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, busy, together = ast.parse, threading.Lock(), list[str]()

    def watched(*arguments: Any, **options: Any) -> Any:
        if not busy.acquire(blocking=False):
            together.append(threading.current_thread().name)
            return parse(*arguments, **options)
        time.sleep(0.005)  # Long enough for others to come, if they can.
        try:
            return parse(*arguments, **options)
        finally:
            busy.release()

    monkeypatch.setattr(ast, "parse", watched)
    Kind.table.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(kind.table, backend) for kind in KINDS.values() for backend in VENDORS]
    assert [table.result().backend for table in made] == [*VENDORS] * len(KINDS)
    assert together == []
