"""The diff, over a table made for the purpose."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from evolve_pulumi.planning import plan
from evolve_pulumi.schema import UNKNOWN, Attribute, Operation, Table, Wire


class Portable(TypedDict, total=False):
    image: Annotated[str, Attribute(cloud=Wire("imageName"))]
    labels: Annotated[Mapping[str, str], Attribute(default={}, cloud=Wire("labels", by="set_labels"))]
    note: Annotated[str, Attribute(default="")]


def _split(text: str | None) -> list[str]:
    return text.split(",") if text else []


class CloudOptions(TypedDict, total=False):
    low: Annotated[int, Attribute(default=1, cloud=Wire("minimum", by="set_range"))]
    high: Annotated[int, Attribute(default=9, cloud=Wire("maximum", by="set_range"))]
    speed: Annotated[int, Attribute(cloud=Wire("speed", by="set_speed"))]
    queue: Annotated[int, Attribute(default=0, cloud=Wire("queueTimeout", once=True))]
    hosts: Annotated[
        list[str], Attribute(default=[], cloud=Wire("hosts", by="set_hosts", encode=",".join, decode=_split))
    ]


def _call(_object: Any, _change: Any) -> None:
    raise AssertionError("a plan calls nobody")


TABLE = Table(
    "cloud",
    [(None, Portable), ("cloud", CloudOptions)],
    [
        Operation("set_labels", _call),
        Operation("set_range", _call, sends_all=True),
        Operation("set_speed", _call),
        Operation("set_hosts", _call),
    ],
)

NO_LABELS: dict[str, str] = {}
OLD: dict[str, Any] = {"image": "a", "labels": {"x": "1"}, "cloud": {"low": 2}}


@pytest.mark.parametrize(
    ("news", "steps", "replaces", "settings"),
    [
        pytest.param(OLD, [], (), (), id="nothing changed"),
        pytest.param({**OLD, "image": "b"}, [], ("image",), (), id="fixed at creation"),
        pytest.param({**OLD, "image": UNKNOWN}, [], ("image",), (), id="unknown counts as changed"),
        pytest.param({**OLD, "note": "n"}, [], (), ("note",), id="a setting calls nobody"),
        pytest.param({**OLD, "labels": NO_LABELS}, [("set_labels", {"labels": NO_LABELS})], (), (), id="in place"),
        pytest.param(
            {**OLD, "labels": {"x": UNKNOWN}}, [("set_labels", {"labels": {"x": UNKNOWN}})], (), (), id="unknown inside"
        ),
        pytest.param(
            {"image": "a", "cloud": {"low": 2}},
            [("set_labels", {"labels": NO_LABELS})],
            (),
            (),
            id="back to its constant",
        ),
        pytest.param(
            {**OLD, "cloud": {"low": 3}},
            [("set_range", {"minimum": 3, "maximum": 9})],
            (),
            (),
            id="sends all it carries",
        ),
        pytest.param(
            {**OLD, "cloud": {"high": 5}}, [("set_range", {"minimum": 1, "maximum": 5})], (), (), id="one call for two"
        ),
        pytest.param(
            {**OLD, "image": "b", "labels": NO_LABELS}, [], ("image",), (), id="a replacement needs no operation"
        ),
        pytest.param({"labels": {"x": "1"}, "cloud": {"low": 2}}, [], (), ("image",), id="the vendor's choice stays"),
        pytest.param(
            {**OLD, "labels": NO_LABELS, "cloud": {"low": 3, "speed": 7}},
            [
                ("set_labels", {"labels": NO_LABELS}),
                ("set_range", {"minimum": 3, "maximum": 9}),
                ("set_speed", {"speed": 7}),
            ],
            (),
            (),
            id="in the listed order",
        ),
    ],
)
def test_a_change_becomes(
    news: Mapping[str, Any], steps: list[tuple[str, Any]], replaces: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    made = plan(TABLE, OLD, news)
    assert [(step.operation.name, step.values) for step in made.steps] == steps
    assert (made.replaces, made.settings) == (replaces, settings)
    assert made.changes == bool(steps or replaces or settings)


NOTHING: dict[str, st.SearchStrategy[Any]] = {}
PROPERTIES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    NOTHING,
    optional={
        "image": st.sampled_from(["a", "b"]),
        "labels": st.dictionaries(st.sampled_from("xy"), st.sampled_from("12")),
        "note": st.sampled_from(["", "n"]),
        "cloud": st.fixed_dictionaries(
            NOTHING,
            optional={
                **{key: st.integers(0, 2) for key in ("low", "high", "speed", "queue")},
                "hosts": st.lists(st.sampled_from("ab"), max_size=2),
            },
        ),
    },
)


@given(PROPERTIES)
def test_what_is_recorded_as_declared_needs_nothing(properties: Mapping[str, Any]) -> None:
    assert not plan(TABLE, properties, properties).changes


@given(PROPERTIES, PROPERTIES)
def test_carrying_out_a_plan_leaves_nothing_to_do(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Whatever is observed after the operations is what the next plan compares with."""
    made = plan(TABLE, olds, news)
    sent = {name: value for step in made.steps for name, value in step.values.items()}
    observed = TABLE.fields(news) if made.replaces else {**TABLE.fields(news), **sent}
    assert not plan(TABLE, TABLE.overlay(news, observed), news).changes


@given(PROPERTIES, PROPERTIES)
def test_every_declared_change_is_carried_out_or_replaces(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    made = plan(TABLE, olds, news)
    if made.replaces:
        return
    held = {**TABLE.fields(olds)}
    for step in made.steps:
        held |= step.values
    for entry, value in TABLE.declared(news):
        if not entry.is_setting:
            assert held.get(entry.field, entry.encoded(entry.attribute.default)) == entry.encoded(value)
