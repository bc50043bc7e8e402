"""The life of a service under the real engine, at every vendor."""

import pytest

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.preview import get
from tests.pulumi_engine import Stack
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("at")
SERVE = "exec python3 -m http.server 3000"


def program(service: str, sandbox: str = "public=True") -> str:
    return f"""
import pulumi
from evolve_pulumi import Health, Sandbox, Service, Timeouts

box = Sandbox("web", {sandbox})
page = Service("page", sandbox_id=box.id, port=3000, {service})
pulumi.export("id", box.id)
pulumi.export("page", page.id)
pulumi.export("url", box.preview_url(3000))
"""


def page(text: str) -> str:
    return program(f"command='echo {text} > index.html && {SERVE}', health=Health(path='/')")


def test_from_start_to_nothing_left(stack: Stack, cloud: Cloud) -> None:
    stack.write(page("one"))
    assert stack.up().ok().changes == {"created": 3}
    outputs = stack.outputs()
    assert get(outputs["url"]).text == "one\n"
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}

    stack.write(page("two"))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert get(outputs["url"]).text == "two\n"
    assert stack.outputs() == outputs

    stack.write(program("command='exec sleep 1000'").replace("page = Service", "page = box or Service"))
    assert stack.up().ok().changes == {"deleted": 1, "same": 2}
    assert get(outputs["url"]).status_code == 502
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_one_that_died_is_found_by_refresh_and_started_by_up(stack: Stack, at: Side) -> None:
    stack.write(page("alive"))
    stack.up().ok()
    outputs = stack.outputs()
    at.run(outputs["id"], "pkill -f [h]ttp.server")
    assert stack.refresh().ok().changes == {"updated": 1, "same": 2}
    assert "~running" in stack.preview().ok().output
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert get(outputs["url"]).text == "alive\n"
    assert stack.outputs() == outputs


def test_one_in_a_sandbox_that_sleeps_is_left_alone_and_runs_when_that_runs_again(stack: Stack, at: Side) -> None:
    stack.write(page("awake"))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.put_to_sleep(id)
    asleep = at.state(id)
    assert asleep != "started"
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}
    assert at.state(id) == asleep
    at.wake(id)
    found = stack.up("--refresh").ok().changes
    assert found == ({"updated": 1, "same": 2} if at.sleep_ends_processes else {"same": 3})
    assert get(stack.outputs()["url"]).text == "awake\n"


def test_one_whose_sandbox_is_deleted_by_others_is_made_again_with_it(stack: Stack, at: Side) -> None:
    stack.write(page("again"))
    stack.up().ok()
    at.delete(stack.outputs()["id"])
    assert stack.up("--refresh").ok().changes == {"created": 2, "same": 1}
    assert get(stack.outputs()["url"]).text == "again\n"


def test_a_replaced_sandbox_takes_its_service_along(stack: Stack, cloud: Cloud) -> None:
    stack.write(program(f"command='{SERVE}'", sandbox='public=True, env={"A": "1"}'))
    stack.up().ok()
    old = stack.outputs()
    stack.write(program(f"command='{SERVE}'", sandbox='public=True, env={"A": "2"}'))
    assert stack.up().ok().changes == {"replaced": 2, "same": 1}
    assert stack.outputs()["id"] != old["id"]
    assert get(stack.outputs()["url"]).status_code == 200
    assert cloud.status()["sandboxes"] == 1


def test_a_forced_replacement_ends_the_old_one_first(stack: Stack) -> None:
    stack.write(page("forced"))
    stack.up().ok()
    old = stack.outputs()["page"]
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Service"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 2}
    assert stack.outputs()["page"] != old
    assert get(stack.outputs()["url"]).text == "forced\n"


def test_environment_and_directory_reach_it_and_show_in_no_process_argument(stack: Stack, at: Side) -> None:
    command = 'echo "$PWD $SHARED $SECRET" > index.html && exec python3 -m http.server 3000'
    stack.write(
        program(
            f"command='{command}', working_directory='/tmp', env={{'SECRET': \"it's $hunter2\"}}",
            sandbox="public=True, env={'SHARED': 'both'}",
        )
    )
    stack.up().ok()
    outputs = stack.outputs()
    assert get(outputs["url"]).text == "/tmp both it's $hunter2\n"
    script = "/tmp/." + outputs["page"].split("/")[1]
    seen = at.run(outputs["id"], f"cat /proc/[0-9]*/cmdline | tr '\\0' ' '; test -e {script} && echo still there")
    assert "http.server" in seen
    assert "hunter2" not in seen
    assert "still there" not in seen.splitlines()


@pytest.mark.parametrize(
    ("service", "words"),
    [
        pytest.param(
            "command='echo this is why >&2; exit 3'",
            ["service 'page': create: the command ended before it was ready", "The end of its log:", "this is why"],
            id="ends",
        ),
        pytest.param(
            "command='echo listening nowhere; exec sleep 1000', timeouts=Timeouts(create_minutes=0.05)",
            ["port 3000 does not answer. If it only needs longer, raise timeouts.create_minutes", "listening nowhere"],
            id="never listens",
        ),
        pytest.param(
            f"command='{SERVE}', health=Health(path='/missing'), timeouts=Timeouts(create_minutes=0.05)",
            ["port 3000 answers with status 404", '"GET /missing HTTP/1.1" 404'],
            id="wrong status",
        ),
    ],
)
def test_one_that_does_not_become_ready_says_why_and_is_ended(
    stack: Stack, at: Side, service: str, words: list[str]
) -> None:
    stack.write(program(service))
    result = stack.up()
    assert result.code != 0
    assert all(word in result.output for word in words), result.output
    assert "Traceback" not in result.output, result.output
    (id,) = at.ids()
    assert at.processes(id) == []


def test_the_expected_status_may_be_any(stack: Stack) -> None:
    stack.write(program(f"command='{SERVE}', health=Health(path='/missing', status=404)"))
    assert stack.up().ok().changes == {"created": 3}


def test_a_taken_port_is_said(stack: Stack) -> None:
    stack.write(page("first"))
    stack.up().ok()
    second = f"Service('other', sandbox_id=box.id, port=3000, command='{SERVE}')\n"
    stack.write(page("first") + second)
    result = stack.up()
    assert result.code != 0
    assert "service 'other': create: port 3000 is in use inside the sandbox" in result.output


def test_one_without_a_port_is_ready_when_its_health_command_succeeds(stack: Stack, at: Side) -> None:
    """The command has the service's environment and directory, and is kept no longer than it is needed."""
    command = 'sleep 1; echo "$SECRET" > ready; exec sleep 1000'
    health = 'Health(command=\'test "$(cat ready)" = "$SECRET"\')'
    service = f"command='{command}', health={health}, env={{'SECRET': 'hunter2'}}, working_directory='/tmp'"
    stack.write(program(service).replace("port=3000, ", ""))
    stack.up().ok()
    id = stack.outputs()["id"]
    assert at.run(id, "cat /tmp/ready; ls /tmp/.evolve-*.health 2>/dev/null | wc -l").split() == ["hunter2", "0"]
    assert stack.up("--refresh", "--expect-no-changes").ok()
    never = "health=Health(command='echo not yet; false'), timeouts=Timeouts(create_minutes=0.05, update_minutes=0.05)"
    stack.write(program(f"command='exec sleep 1000', {never}").replace("port=3000, ", ""))
    failed = stack.up()
    assert failed.code != 0
    assert "service 'page': update: its health command does not succeed: not yet" in failed.output


@pytest.mark.parametrize(("restart", "code"), [("always", 0), ("on-failure", 3)])
def test_one_that_ends_is_started_again_inside(stack: Stack, at: Side, restart: str, code: int) -> None:
    """Without anybody who looks, and for as long as the sandbox runs."""
    command = f"echo begun >> /tmp/starts; python3 -m http.server 3000 || exit {code}; exit {code}"
    stack.write(program(f"command='{command}', restart='{restart}'"))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "pkill -f [h]ttp.server")
    until(lambda: at.run(id, "cat /tmp/starts") == "begun\nbegun\n")
    until(lambda: get(stack.outputs()["url"]).status_code == 200)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(program(f"command='{command}', restart='{restart}'").replace("page = Service", "page = box or Service"))
    stack.up().ok()
    assert at.processes(id) == []
    assert at.run(id, "pgrep -f [h]ttp.server || echo none") == "none\n"


def test_one_that_ended_well_is_not_started_again_on_failure(stack: Stack, at: Side) -> None:
    stack.write(
        program(f"command='{SERVE[5:]} & until test -e /tmp/end; do sleep 0.1; done; kill $!', restart='on-failure'")
    )
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "touch /tmp/end")
    until(lambda: "~running" in stack.preview("--refresh").ok().output)
