"""Any valid definition is the same after it was written and read again."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.model import Definition

CONTEXT = Context(environ={"TOKEN": "hunter2"}, policy={"secrets": ["TOKEN"]})
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: "${{" not in text)
LINES = TEXTS.filter(lambda text: "\0" not in text)
VALUES = st.one_of(
    TEXTS, st.just("${{ secrets.TOKEN }}"), st.sampled_from(["yes", "1e3", "null", "2020-01-01", "=", "~"])
)
VARIABLES = st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), VALUES, max_size=3)
PATHS = st.from_regex(r"/[a-z]{1,8}", fullmatch=True)


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


def joined(parts: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return parts[0] | parts[1]


SERVICES = st.tuples(
    st.fixed_dictionaries({"command": TEXTS, "port": st.integers(1, 65535)}),
    some(
        env=VARIABLES,
        working_directory=TEXTS,
        health=some(path=PATHS, status=st.integers(100, 599)),
        depends_on=st.lists(NAMES, max_size=1),
        timeouts=some(create_minutes=st.floats(0.1, 60)),
    ),
).map(joined)
DEFINITIONS = some(
    name=NAMES,
    backend=st.sampled_from(["daytona", "e2b"]),
    snapshot=TEXTS,
    size=some(cpu=st.integers(1, 64), memory_gb=st.integers(1, 64)),
    env=VARIABLES,
    labels=st.dictionaries(TEXTS.filter(lambda text: not text.startswith("evolve-")), TEXTS, max_size=2),
    volumes=st.dictionaries(
        NAMES,
        st.fixed_dictionaries(
            {"mount_path": PATHS}, optional={"shared": TEXTS, "seed_command": LINES, "seed_folder": PATHS}
        ),
        max_size=2,
    ),
    services=st.dictionaries(NAMES, SERVICES, max_size=3),
    lifetime=st.from_regex(r"[1-9][0-9]{0,3}[mhd]", fullmatch=True),
    daytona=some(auto_stop_minutes=st.integers(0, 99), network_allow_list=st.just(["10.0.0.0/8"])),
    e2b=some(timeout_minutes=st.floats(1, 60)),
    allow_restart=st.booleans(),
)


@settings(deadline=None)
@given(DEFINITIONS)
def test_read_written_read(definition: Definition) -> None:
    assume(not list(reading.contradictions(definition)))
    written = reading.dumps(definition)
    read = reading.loads(written, CONTEXT)
    assert read == definition
    assert reading.loads(reading.dumps(read), CONTEXT) == read
    assert "hunter2" not in reading.dumps(read)
