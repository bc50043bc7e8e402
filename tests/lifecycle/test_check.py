"""What is refused, and with which words; and names."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from evolve_pulumi.lifecycle.check import Checked, check
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.names import resource_of
from evolve_pulumi.schema import UNKNOWN

MANAGED = {
    "connection": {"backend": "daytona", "endpoint": "http://127.0.0.1:1/api"},
    "owner": {"project": "p", "stack": "s", "resource": "Web site"},
}
SERVICE = {"sandbox_id": "s", "command": "true", "port": 80, "running": True}


def checked(
    kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, backend: str = "daytona"
) -> Checked:
    return check(KINDS[kind], KINDS[kind].table(backend), olds or {}, {**MANAGED, **news})


def failures(kind: str, news: Mapping[str, Any], backend: str = "daytona") -> list[str]:
    return [str(failure) for failure in checked(kind, news, backend=backend).failures]


@pytest.mark.parametrize(
    ("kind", "news", "expected"),
    [
        ("sandbox", {"lables": {}}, "lables: is not an argument of a sandbox; did you mean labels?"),
        (
            "sandbox",
            {"auto_stop_minutes": 5},
            "auto_stop_minutes: is not an argument of a sandbox; did you mean daytona.auto_stop_minutes?",
        ),
        (
            "sandbox",
            {"daytona": {"ttl": 5}},
            "daytona.ttl: is not an argument of a sandbox; did you mean daytona.ttl_minutes?",
        ),
        ("sandbox", {"colour": "red"}, "colour: is not an argument of a sandbox"),
        ("sandbox", {"daytona": 5}, "daytona: takes that vendor's options"),
        (
            "sandbox",
            {"daytona": {"auto_stop_minutes": -1}},
            "daytona.auto_stop_minutes: Input should be greater than or equal to 0",
        ),
        (
            "sandbox",
            {"daytona": {"auto_archive_minutes": 43201}},
            "daytona.auto_archive_minutes: Input should be less than or equal to 43200",
        ),
        (
            "sandbox",
            {"daytona": {"auto_delete_minutes": -2}},
            "daytona.auto_delete_minutes: Input should be greater than or equal to -1",
        ),
        (
            "sandbox",
            {"daytona": {"ttl_minutes": -1}},
            "daytona.ttl_minutes: Input should be greater than or equal to 0",
        ),
        (
            "sandbox",
            {"daytona": {"language": "cobol"}},
            "daytona.language: Input should be 'python', 'typescript' or 'javascript'",
        ),
        (
            "sandbox",
            {"daytona": {"auto_stop_minutes": 5, "auto_pause_minutes": 5}},
            "daytona.auto_pause_minutes: goes only without auto_stop_minutes: set one of the two to 0",
        ),
        (
            "sandbox",
            {"daytona": {"auto_pause_minutes": 5, "auto_delete_minutes": 0}},
            "daytona.auto_pause_minutes: goes only without ephemeral or auto_delete_minutes=0",
        ),
        (
            "sandbox",
            {"daytona": {"network_block_all": True, "network_allow_list": ["10.0.0.0/8"]}},
            "daytona.network_allow_list: goes only without network_block_all",
        ),
        (
            "sandbox",
            {"daytona": {"network_block_all": True, "domain_allow_list": ["a.example"]}},
            "daytona.domain_allow_list: goes only without network_block_all",
        ),
        (
            "sandbox",
            {"daytona": {"network_allow_list": ["10.0.0.1/8"]}},
            "daytona.network_allow_list.0: Value error, 10.0.0.1/8 has host bits set",
        ),
        (
            "sandbox",
            {"daytona": {"queue_timeout_minutes": 0}},
            "daytona.queue_timeout_minutes: Input should be greater than or equal to 1",
        ),
        ("sandbox", {"ports": [80.0, 0.0]}, "ports.1: Input should be greater than or equal to 1"),
        ("sandbox", {"ports": [65536.0]}, "ports.0: Input should be less than or equal to 65535"),
        ("sandbox", {"ports": [80.5]}, "ports.0: Input should be a valid integer, got a number with a fractional part"),
        ("sandbox", {"labels": {"team": 3.0}}, "labels.team: Input should be a valid string"),
        (
            "sandbox",
            {"labels": {"evolve-stack": "x"}},
            "labels.evolve-stack: labels that begin with evolve- are written by evolve_pulumi itself",
        ),
        ("sandbox", {"labels": "team"}, "labels: Input should be a valid dictionary"),
        ("sandbox", {"env": {"A B": "x"}}, "env.A B: String should match pattern '^[A-Za-z_][A-Za-z0-9_]*$'"),
        ("sandbox", {"name": ""}, "name: String should have at least 1 character"),
        ("sandbox", {"public": "perhaps"}, "public: Input should be a valid boolean, unable to interpret input"),
        (
            "sandbox",
            {"timeouts": {"create_minutes": 0.0}},
            "timeouts.create_minutes: Input should be greater than 0",
        ),
        ("sandbox", {"timeouts": {"create": 1.0}}, "timeouts.create: Extra inputs are not permitted"),
        ("service", {"running": True, "command": "x", "port": 80}, "sandbox_id: is required"),
        ("service", {**SERVICE, "health": {"path": "nope"}}, "health.path: String should match pattern '^/[!-~]*$'"),
        (
            "service",
            {**SERVICE, "health": {"status": 99}},
            "health.status: Input should be greater than or equal to 100",
        ),
        ("service", {**SERVICE, "labels": {}}, "labels: is not an argument of a service"),
        (
            "sandbox",
            {"snapshot": "base", "daytona": {"image": "debian:13"}},
            "daytona.image: goes only without snapshot",
        ),
        (
            "sandbox",
            {"daytona": {"image": "debian:13", "dockerfile": "FROM debian:13"}},
            "daytona.dockerfile: goes only without image",
        ),
        (
            "sandbox",
            {"daytona": {"dockerfile": "RUN true"}},
            "daytona.dockerfile: is not the text of a Dockerfile: it has no FROM",
        ),
        (
            "sandbox",
            {"daytona": {"dockerfile": "FROM debian:13\nCOPY a \\\n  /b\n"}},
            "daytona.dockerfile: local files in the build context are not supported yet: COPY a    /b. "
            "Bring them in by RUN",
        ),
        (
            "sandbox",
            {"daytona": {"gpu": 1}},
            "daytona.gpu: goes only with image or dockerfile: a snapshot has its own",
        ),
        ("sandbox", {"daytona": {"gpu_type": ["H100"]}}, "daytona.gpu_type: goes only with gpu"),
        (
            "sandbox",
            {"daytona": {"image": "debian:13", "gpu": 1, "auto_delete_minutes": 5}},
            "daytona.gpu: goes only with ephemeral: Daytona deletes a sandbox with GPUs when it stops",
        ),
        ("sandbox", {"daytona": {"cpu": 0}}, "daytona.cpu: Input should be greater than or equal to 1"),
        ("sandbox", {"daytona": {"memory_gb": 0}}, "daytona.memory_gb: Input should be greater than or equal to 1"),
        ("sandbox", {"daytona": {"disk_gb": 0}}, "daytona.disk_gb: Input should be greater than or equal to 1"),
        (
            "sandbox",
            {"daytona": {"ephemeral": True, "auto_delete_minutes": 5}},
            "daytona.auto_delete_minutes: goes only without ephemeral, which is 0 of it",
        ),
        (
            "sandbox",
            {"daytona": {"ephemeral": False, "auto_delete_minutes": 0}},
            "daytona.ephemeral: contradicts auto_delete_minutes=0",
        ),
        (
            "sandbox",
            {"state": "archived", "daytona": {"ephemeral": True}},
            "state: cannot be of an ephemeral sandbox, which is deleted when it stops",
        ),
        (
            "sandbox",
            {"state": "stopped", "daytona": {"auto_delete_minutes": 0}},
            "state: cannot be of an ephemeral sandbox, which is deleted when it stops",
        ),
        (
            "sandbox",
            {"on_destroy": "stop", "daytona": {"ephemeral": True}},
            "on_destroy: cannot be of an ephemeral sandbox, which is deleted when it stops",
        ),
        ("labels", {"labels": {"a": "b"}}, "sandbox_id: is required"),
        ("labels", {"sandbox_id": "s"}, "labels: is required"),
        (
            "labels",
            {"sandbox_id": "s", "labels": {}},
            "labels: Dictionary should have at least 1 item after validation, not 0",
        ),
        (
            "labels",
            {"sandbox_id": "s", "labels": {"evolve-stack": "x"}},
            "labels.evolve-stack: labels that begin with evolve- are written by evolve_pulumi itself",
        ),
        (
            "labels",
            {"sandbox_id": "s", "labels": {"code-toolbox-language": "python"}},
            "labels.code-toolbox-language: is Daytona's own: a sandbox has daytona.language",
        ),
        (
            "sandbox",
            {"labels": {"code-toolbox-language": "python"}},
            "labels.code-toolbox-language: is Daytona's own: a sandbox has daytona.language",
        ),
        ("snapshot", {}, "image: is required, or dockerfile in its place"),
        ("snapshot", {"image": "debian"}, "image: needs a tag other than latest, or a digest"),
        ("snapshot", {"image": "host:5000/debian:latest"}, "image: needs a tag other than latest, or a digest"),
        ("snapshot", {"image": "debian:13", "dockerfile": "FROM debian:13"}, "dockerfile: goes only without image"),
        ("snapshot", {"image": "debian:13", "daytona": {"gpu_type": ["H100"]}}, "daytona.gpu_type: goes only with gpu"),
        ("snapshot", {"image": "debian:13", "cpu": 0}, "cpu: Input should be greater than or equal to 1"),
    ],
)
def test_is_refused_with_its_path(kind: str, news: Mapping[str, Any], expected: str) -> None:
    assert failures(kind, news) == [expected]


REFUSED_AT_E2B: list[tuple[str, dict[str, Any], str, str]] = [
    ("sandbox", {"state": "stopped"}, "state", "use paused"),
    ("sandbox", {"state": "archived"}, "state", "use paused"),
    ("sandbox", {"on_destroy": "keep"}, "on_destroy", "E2B can only delete"),
    ("sandbox", {"adopt_id": "i1"}, "adopt_id", "look at it by Sandbox.get"),
    (
        "sandbox",
        {"volumes": [{"volume_id": "v", "mount_path": "/d", "subpath": "a"}]},
        "volumes.0.subpath",
        "use one volume for each folder",
    ),
    ("sandbox", {"e2b": {"on_timeout": "kill", "auto_resume": True}}, "e2b.auto_resume", "on_timeout='pause'"),
    ("sandbox", {"e2b": {"timeout_minutes": 0}}, "e2b.timeout_minutes", "greater than 0"),
    ("sandbox", {"e2b": {"timeout": 5}}, "e2b.timeout", "did you mean e2b.timeout_minutes?"),
    ("sandbox", {"e2b": {"on_timeout": "stop"}}, "e2b.on_timeout", "'pause' or 'kill'"),
    ("sandbox", {"e2b": {"allow_out": ["api.example.com"]}}, "e2b.allow_out", "'0.0.0.0/0' in deny_out"),
    ("sandbox", {"e2b": {"deny_out": ["example.com"]}}, "e2b.deny_out.0", "4 octets"),
    ("sandbox", {"e2b": {"dns_servers": ["1.1.1"]}}, "e2b.dns_servers.0", "4 octets"),
    ("sandbox", {"e2b": {"dns_servers": ["1.1.1.1"] * 11}}, "e2b.dns_servers", "at most 10 items"),
    ("sandbox", {"e2b": {"request_headers": {str(n): {} for n in range(11)}}}, "e2b.request_headers", "at most 10"),
    ("sandbox", {"e2b": {"egress_proxy": {"address": "a"}}}, "e2b.egress_proxy.address", "should match pattern"),
    (
        "sandbox",
        {"e2b": {"egress_proxy": {"address": "a:1", "password": "p"}}},
        "e2b.egress_proxy.password",
        "only with username",
    ),
    ("sandbox", {"e2b": {"https_ports": [0]}}, "e2b.https_ports.0", "greater than or equal to 1"),
    ("labels", {"sandbox_id": "s", "labels": {"a": "b"}}, "labels", "declare labels on the Sandbox itself"),
    ("snapshot", {}, "image", "is required, or dockerfile in its place"),
    ("snapshot", {"image": "debian", "dockerfile": "FROM debian"}, "dockerfile", "goes only without image"),
    ("snapshot", {"image": "debian", "name": "Tools"}, "name", "a template's name at E2B"),
    ("snapshot", {"image": "debian", "adopt_id": "t"}, "adopt_id", "look at it by Snapshot.get"),
    ("snapshot", {"image": "debian", "e2b": {"ready_command": "true"}}, "e2b.ready_command", "start_command"),
    ("snapshot", {"image": "debian", "e2b": {"tags": ["A B"]}}, "e2b.tags.0", "should match pattern"),
    ("snapshot", {"dockerfile": "FROM a AS b\nFROM b\n"}, "dockerfile", "one stage"),
    ("volume", {"name": "a b"}, "name", "a volume's name at E2B"),
]


@pytest.mark.parametrize(("kind", "news", "path", "words"), REFUSED_AT_E2B)
def test_is_refused_at_e2b_with_its_path(kind: str, news: Mapping[str, Any], path: str, words: str) -> None:
    (failure,) = failures(kind, news, "e2b")
    assert failure.startswith(f"{path}: ")
    assert words in failure


@pytest.mark.parametrize("backend", ["daytona", "e2b"])
def test_the_other_vendors_options_are_ignored(backend: str) -> None:
    options = {"daytona": {"auto_stop_minutes": 5}, "e2b": {"timeout_minutes": 5}}
    made = checked("sandbox", options, backend=backend)
    assert (made.failures, made.inputs[backend]) == ((), options[backend])
    assert made.inputs.keys() & options.keys() == {backend}


LEAST = "{}: Input should be greater than or equal to {}"
MOST = "{}: Input should be less than or equal to {}"
SHORTEST = "{}: String should have at least 1 character"
LONGEST = "{}: String should have at most 63 characters"


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        ("sandbox", "daytona.gpu", -1, LEAST.format("daytona.gpu", 0)),
        ("sandbox", "daytona.auto_stop_minutes", -1, LEAST.format("daytona.auto_stop_minutes", 0)),
        ("sandbox", "daytona.auto_pause_minutes", -1, LEAST.format("daytona.auto_pause_minutes", 0)),
        ("sandbox", "daytona.auto_archive_minutes", -1, LEAST.format("daytona.auto_archive_minutes", 0)),
        ("sandbox", "daytona.ttl_minutes", -1, LEAST.format("daytona.ttl_minutes", 0)),
        ("sandbox", "timeouts.update_minutes", 0, "timeouts.update_minutes: Input should be greater than 0"),
        ("sandbox", "timeouts.delete_minutes", 0, "timeouts.delete_minutes: Input should be greater than 0"),
        ("sandbox", "name", "x" * 64, LONGEST.format("name")),
        ("sandbox", "snapshot", "", SHORTEST.format("snapshot")),
        ("snapshot", "memory_gb", 0, LEAST.format("memory_gb", 1)),
        ("snapshot", "daytona.disk_gb", 0, LEAST.format("daytona.disk_gb", 1)),
        ("snapshot", "daytona.gpu", -1, LEAST.format("daytona.gpu", 0)),
        ("snapshot", "name", "x" * 64, LONGEST.format("name")),
        ("volume", "name", "x" * 64, LONGEST.format("name")),
        ("volume", "name", "", SHORTEST.format("name")),
        ("volume", "adopt_id", "", SHORTEST.format("adopt_id")),
        ("service", "port", 0, LEAST.format("port", 1)),
        ("service", "port", 65536, MOST.format("port", 65535)),
        ("service", "health.status", 600, MOST.format("health.status", 599)),
    ],
)
def test_every_limit_is_refused_beyond(kind: str, path: str, value: Any, words: str) -> None:
    *groups, name = path.split(".")
    required = {"service": SERVICE, "snapshot": {"image": "debian:13"}}.get(kind, {})
    news = {groups[0]: {name: value}} if groups else {name: value}
    assert failures(kind, {**required, **news}) == [words]


@pytest.mark.parametrize(
    ("kind", "news"),
    [
        ("sandbox", {"daytona": {"dockerfile": UNKNOWN, "gpu": 1}}),
        ("sandbox", {"daytona": {"image": "debian:13", "gpu": UNKNOWN, "gpu_type": ["H100"]}}),
        ("snapshot", {"dockerfile": UNKNOWN}),
        ("snapshot", {"image": "debian@sha256:abc"}),
        (
            "snapshot",
            {"dockerfile": "FROM debian:13 AS base\nFROM base\nCOPY --from=base /a /b\nADD https://a.example/b /c"},
        ),
    ],
)
def test_what_may_come_true_is_let_through(kind: str, news: Mapping[str, Any]) -> None:
    assert failures(kind, news) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(failures("sandbox", {"ports": [0], "labels": {"a": 1}, "nope": 1})) == 3


def test_a_refusal_never_shows_the_value() -> None:
    assert "hunter2" not in " ".join(failures("sandbox", {"env": {"PASSWORD": ["hunter2"]}, "name": ["hunter2"]}))


def test_values_are_normalised_as_the_engine_blurs_them() -> None:
    inputs = checked("sandbox", {"ports": [3000.0], "daytona": {"ttl_minutes": 5.0}, "name": "x"}).inputs
    assert (inputs["ports"], inputs["daytona"]) == ([3000], {"ttl_minutes": 5})
    assert isinstance(inputs["ports"][0], int)


def test_unknown_values_pass_and_what_is_known_beside_them_is_checked() -> None:
    made = checked("sandbox", {"name": UNKNOWN, "labels": {"a": UNKNOWN, "b": "c"}, "ports": [UNKNOWN]})
    assert (made.failures, made.inputs["labels"]) == ((), {"a": UNKNOWN, "b": "c"})
    assert failures("sandbox", {"labels": {"a": UNKNOWN, "b": 3}}) == ["labels.b: Input should be a valid string"]
    assert failures("service", {"sandbox_id": UNKNOWN, "command": "x", "port": 80, "running": True}) == []


class TestTags:
    """At E2B a tag behind a template's name tells what it is made from."""

    def named(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> str:
        return checked("snapshot", news, olds, backend="e2b").inputs["name"]

    def test_the_same_content_has_the_same_tag_and_another_content_another(self) -> None:
        first = self.named({"image": "debian", "name": "tools"})
        assert re.fullmatch(r"tools:[0-9a-f]{8}", first)
        assert self.named({"image": "debian", "name": "tools"}, {"name": first}) == first
        others = [
            {"image": "alpine"},
            {"image": "debian", "cpu": 2},
            {"image": "debian", "e2b": {"start_command": "x"}},
        ]
        assert len({first, *(self.named({**each, "name": "tools"}) for each in others)}) == 4

    def test_what_is_no_content_changes_no_tag(self) -> None:
        options = {"tags": ["stable"], "public": True}
        plain = self.named({"image": "debian", "name": "tools"})
        assert self.named({"image": "debian", "name": "tools", "e2b": options, "timeouts": {}}) == plain

    def test_an_automatic_name_stays_and_its_tag_changes(self) -> None:
        first = self.named({"image": "debian"})
        second = self.named({"image": "alpine"}, {"name": first})
        assert first.split(":")[0] == second.split(":")[0] != ""
        assert first != second
        assert resource_of(first.split(":")[0], "p", "s") == "web-site"

    def test_content_that_is_not_known_yet_has_no_tag_yet(self) -> None:
        assert checked("snapshot", {"image": UNKNOWN}, backend="e2b").inputs["name"] is UNKNOWN


class TestNames:
    def test_a_new_object_gets_one_that_is_fit_for_a_vendor(self) -> None:
        names = {checked("sandbox", {}).inputs["name"] for _ in range(20)}
        assert len(names) == 20
        assert all(re.fullmatch(r"web-site-[0-9a-f]{8}", name) for name in names)

    def test_an_existing_one_keeps_its_name(self) -> None:
        assert checked("sandbox", {}, olds={"name": "web-1"}).inputs["name"] == "web-1"

    def test_an_explicit_name_is_left_alone(self) -> None:
        assert checked("sandbox", {"name": "mine"}, olds={"name": "web-1"}).inputs["name"] == "mine"

    def test_an_adopted_one_has_none_and_gets_none(self) -> None:
        assert "name" not in checked("sandbox", {}, olds={"labels": {}}).inputs

    def test_without_labels_it_says_whose_it_is(self) -> None:
        name = checked("volume", {}).inputs["name"]
        assert re.fullmatch(r"p-s-web-site-[0-9a-f]{12}", name)
        assert resource_of(name, "p", "s") == "web-site"
        assert resource_of(name, "p", "t") is None
        assert resource_of(name, "p-s", "web") is None
        assert resource_of("p-s-web-site-0123456789ab", "p", "s") is None

    def test_a_name_that_was_cut_still_says_whose_it_is(self) -> None:
        owner = {"project": "x" * 80, "stack": "y" * 20, "resource": "z"}
        name = checked("volume", {"owner": owner}).inputs["name"]
        assert len(name) == 63
        assert resource_of(name, owner["project"], owner["stack"]) == ""

    def test_what_is_built_says_what_is_in_it(self) -> None:
        def stem(**news: Any) -> str:
            name = checked("snapshot", news).inputs["name"]
            assert resource_of(name, "p", "s") == "web-site"
            return name[:-13]

        first = stem(dockerfile="FROM a:1")
        assert re.fullmatch(r"p-s-web-site-[0-9a-f]{8}", first)
        assert stem(dockerfile="FROM a:1", timeouts={"create_minutes": 1}) == first
        assert len({first, stem(dockerfile="FROM b:1"), stem(dockerfile="FROM a:1", cpu=2)}) == 3
        assert checked("snapshot", {"dockerfile": UNKNOWN}).inputs["name"] is UNKNOWN

    def test_a_long_resource_name_still_fits(self) -> None:
        owner = {**MANAGED["owner"], "resource": "x" * 200}
        assert len(checked("sandbox", {"owner": owner}).inputs["name"]) == 63
