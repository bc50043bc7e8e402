"""Every attribute of a sandbox at E2B; the calls are written down from E2B's API, not from the table.

Changes in place are the time-out and the network on its way out, which the SDK sends whole, and the state.
"""

from tests.e2e.attributes.case import REPLACED, Case

NETWORK, TIMEOUT = ["PUT network"], ["POST timeout"]
CASES = {
    "backend": Case("e2b", "e2b", [], []),
    "name": Case("first", "second", REPLACED, []),
    "snapshot": Case("base", "$TEMPLATE", REPLACED, []),
    "env": Case({"A": "1"}, {"A": "2"}, REPLACED, REPLACED),
    "labels": Case({"a": "1"}, {"a": "2", "b": "3"}, REPLACED, REPLACED),
    "public": Case(True, False, REPLACED, []),
    "ports": Case([3000], [3000, 4000], [], []),
    "state": Case("paused", "started", ["POST connect"], []),
    "state from started to paused": Case("started", "paused", ["POST pause"], []),
    "allow_restart": Case(True, False, [], []),
    "on_destroy": Case("delete", "delete", [], []),
    "timeouts": Case({"create_minutes": 3}, {"create_minutes": 4}, [], []),
    "e2b.timeout_minutes": Case(30, 45, TIMEOUT, TIMEOUT),
    "e2b.timeout_minutes of a paused one": Case(
        30, 45, ["POST connect", "POST pause"], ["POST connect", "POST pause"], {"state": "paused"}
    ),
    "e2b.on_timeout": Case("kill", "pause", REPLACED, []),
    "e2b.auto_resume": Case(False, True, REPLACED, []),
    "e2b.allow_internet_access": Case(False, True, NETWORK, []),
    "e2b.allow_out": Case(["1.1.1.1"], ["1.1.1.1", "8.8.8.0/24"], NETWORK, NETWORK),
    "e2b.allow_out of a paused one": Case(
        ["1.1.1.1"],
        ["8.8.8.8"],
        ["POST connect", "PUT network", "POST pause"],
        ["POST connect", "PUT network", "POST pause"],
        {"state": "paused"},
    ),
    "e2b.deny_out": Case(["10.0.0.0/8"], ["0.0.0.0/0"], NETWORK, NETWORK),
    "e2b.request_headers": Case(
        {"api.example.com": {"X-Key": "1"}}, {"api.example.com": {"X-Key": "2"}}, NETWORK, NETWORK
    ),
    "e2b.dns_servers": Case(["1.1.1.1"], [], NETWORK, NETWORK),
    "e2b.egress_proxy": Case(
        {"address": "a.example:1080"}, {"address": "b.example:1080", "username": "u", "password": "p"}, NETWORK, NETWORK
    ),
    "e2b of the network and the time-out together": Case(
        {"allow_out": ["1.1.1.1"], "timeout_minutes": 30},
        {"allow_out": ["8.8.8.8"], "deny_out": ["10.0.0.0/8"], "timeout_minutes": 45},
        [*NETWORK, *TIMEOUT],
        [*NETWORK, *TIMEOUT],
    ),
    "e2b.mask_request_host": Case("localhost:${PORT}", "app:${PORT}", REPLACED, REPLACED),
    "e2b.https_ports": Case([3000], [4000], REPLACED, REPLACED),
}
NOT_HERE = {
    "adopt_id": "E2B has no adoption: test_check.py",
    "volumes": "a volume has to be made first: test_volume.py",
}
