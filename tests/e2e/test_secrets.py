"""What must never be seen in clear: keys, tokens, and what users mark as secret."""

import base64
import json
import re

import pytest

from evolve_pulumi.dynamic import entry
from tests.cloud import Cloud
from tests.pulumi_engine import Stack

PROGRAM = """
import pulumi
from evolve_pulumi import Sandbox, Service

headers = {"api.example.com": {"Authorization": pulumi.Output.secret("s3cret-header")}}
box = Sandbox("web", env={"TOKEN": pulumi.Output.secret("s3cret-env")}, e2b={"request_headers": headers})
Service("page", sandbox_id=box.id, port=3000, command="exec python3 -m http.server 3000",
        env={"TOKEN": pulumi.Output.secret("s3cret-service")})
pulumi.export("token", box.preview_token)
"""


@pytest.mark.usefixtures("at")
def test_state_and_output_hold_no_secret_in_plain_text(stack: Stack, cloud: Cloud) -> None:
    stack.write(PROGRAM)
    shown = stack.up().ok().output + stack.up("--refresh").ok().output
    token = stack.outputs()["token"]
    state = json.dumps(stack.export())
    for secret in ("s3cret-env", "s3cret-service", "s3cret-header", token, cloud.api_key):
        assert len(secret) > 8
        assert secret not in state
        assert secret not in shown


def test_the_pickled_provider_is_the_frozen_reference(stack: Stack) -> None:
    """These bytes are in users' states: what they refer to must be found by every later version."""
    stack.write(PROGRAM)
    stack.up().ok()
    pickled = {
        item["type"].rsplit(":", 1)[1]: item["outputs"]["__provider"]
        for item in stack.export()["resources"]
        if "__provider" in item.get("outputs", {})
    }
    frozen = (
        b"\x80\x04\x956\x00\x00\x00\x00\x00\x00\x00\x8c\x1bevolve_pulumi.dynamic.entry\x94\x8c\x04load\x94\x93\x94"
        b"\x8c\x07%s\x94\x85\x94R\x94."
    )
    assert pickled == {
        kind: base64.b64encode(frozen % name).decode()
        for kind, name in (("Sandbox", b"sandbox"), ("Service", b"service"))
    }
    assert entry.load("sandbox") is entry.load("sandbox")


@pytest.mark.usefixtures("at")
def test_a_refused_key_is_not_repeated(stack: Stack, cloud: Cloud) -> None:
    stack.config_set("evolve:local", "false")
    stack.env |= {"DAYTONA_API_KEY": "wrong-key-0123", "DAYTONA_API_URL": cloud.daytona_api_url}
    stack.env |= {"E2B_API_KEY": "wrong-key-0123", "E2B_API_URL": cloud.e2b_api_url}
    stack.env["EVOLVE_LOCAL_FOLDER"] = str(stack.folder)
    stack.write(PROGRAM)
    result = stack.up()
    assert result.code != 0
    assert re.search(r"sandbox 'web': create: \w+ answered 401", result.output)
    assert re.search(r"Check (DAYTONA_API_KEY or evolve:daytonaApiKey|E2B_API_KEY or evolve:e2bApiKey)", result.output)
    assert "wrong-key-0123" not in result.output
    assert "Traceback" not in result.output
