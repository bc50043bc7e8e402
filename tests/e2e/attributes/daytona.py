"""Every attribute of a sandbox at Daytona; the calls are written down from Daytona's API, not from the table."""

from tests.e2e.attributes.case import REPLACED, Case

RESTART = ["POST stop", "POST resize", "POST start"]
FROM = "FROM evolve/local:1\n"
CAN_PAUSE = {"snapshot": "daytona-vm-small", "daytona": {"auto_stop_minutes": 0}}
CASES = {
    "backend": Case("daytona", "daytona", [], []),
    "name": Case("first", "second", REPLACED, []),
    "snapshot": Case("daytona-small", "daytona-vm-small", REPLACED, []),
    "env": Case({"A": "1"}, {"A": "2"}, REPLACED, REPLACED),
    "labels": Case({"a": "1"}, {"a": "2", "b": "3"}, ["PUT labels"], ["PUT labels"]),
    "public": Case(True, False, ["POST public/false"], []),
    "ports": Case([3000], [3000, 4000], [], []),
    "state": Case("stopped", "started", ["POST start"], []),
    "state from started to stopped": Case("started", "stopped", ["POST stop"], []),
    "state from started to archived": Case("started", "archived", ["POST stop", "POST archive"], []),
    "state from archived to stopped": Case("archived", "stopped", ["POST start", "POST stop"], []),
    "state from started to paused": Case("started", "paused", ["POST pause"], [], CAN_PAUSE),
    "state from paused to started": Case("paused", "started", ["POST start"], [], CAN_PAUSE),
    "allow_restart": Case(True, False, [], []),
    "on_destroy": Case("keep", "delete", [], []),
    "timeouts": Case({"create_minutes": 3}, {"create_minutes": 4}, [], []),
    "daytona.language": Case("typescript", "javascript", REPLACED, REPLACED),
    "daytona.os_user": Case("daytona", "root", REPLACED, REPLACED),
    "daytona.region": Case("eu", "us", REPLACED, []),
    "daytona.spot": Case(True, False, REPLACED, []),
    "daytona.linked_sandbox": Case("$FIRST", "$SECOND", REPLACED, []),
    "daytona.image": Case("evolve/local:1", "evolve/local:1", [], []),
    "daytona.dockerfile": Case(f"{FROM}RUN echo 1 > one\n", f"{FROM}RUN echo 2 > two\n", REPLACED, []),
    "daytona from an image to a build": Case({"image": "evolve/local:1"}, {"dockerfile": FROM}, REPLACED, []),
    "daytona.cpu of a build": Case(2, 4, ["POST resize"], [], {"daytona": {"image": "evolve/local:1"}}),
    "daytona.gpu": Case(1, 2, REPLACED, [], {"daytona": {"image": "evolve/local:1", "ephemeral": True}}),
    "daytona.gpu_type": Case(
        ["H100"], ["H200"], REPLACED, [], {"daytona": {"image": "evolve/local:1", "gpu": 1, "ephemeral": True}}
    ),
    "daytona.cpu": Case(2, 4, ["POST resize"], []),
    "daytona.memory_gb": Case(4, 2, RESTART, [], {"allow_restart": True}),
    "daytona.disk_gb": Case(5, 8, RESTART, [], {"allow_restart": True}),
    "daytona.disk_gb that shrinks": Case(8, 5, REPLACED, []),
    "daytona.cpu of a stopped one": Case(4, 2, ["POST resize"], [], {"state": "stopped"}),
    "daytona.cpu of an ephemeral one": Case(4, 2, REPLACED, [], {"daytona": {"ephemeral": True}}),
    "daytona of several sizes": Case(
        {"cpu": 2, "disk_gb": 4}, {"cpu": 1, "memory_gb": 2, "disk_gb": 6}, RESTART, [], {"allow_restart": True}
    ),
    "daytona.queue_timeout_minutes": Case(5, 6, [], []),
    "daytona.outbound_proxy_url": Case("http://a.example", "http://b.example", REPLACED, []),
    "daytona.network_block_all": Case(True, False, ["POST network-settings"], []),
    "daytona.network_allow_list": Case(
        ["10.0.0.0/8"], ["10.0.0.0/8", "192.168.0.0/16"], ["POST network-settings"], ["POST network-settings"]
    ),
    "daytona.domain_allow_list": Case(
        ["a.example"], ["b.example"], ["POST network-settings"], ["POST network-settings"]
    ),
    "daytona.auto_stop_minutes": Case(0, 30, ["POST autostop/30"], ["POST autostop/15"]),
    "daytona.auto_pause_minutes": Case(30, 60, ["POST autopause/60"], ["POST autopause/0"], CAN_PAUSE),
    "daytona from stopping to pausing": Case(
        {"auto_stop_minutes": 30},
        {"auto_stop_minutes": 0, "auto_pause_minutes": 30},
        ["POST autostop/0", "POST autopause/30"],
        ["POST autopause/0", "POST autostop/15"],
        {"snapshot": "daytona-vm-small"},
    ),
    "daytona.auto_archive_minutes": Case(60, 0, ["POST autoarchive/0"], ["POST autoarchive/10080"]),
    "daytona.auto_delete_minutes": Case(60, 30, ["POST autodelete/30"], ["POST autodelete/-1"]),
    "daytona.ephemeral": Case(True, False, ["POST autodelete/-1"], []),
    "daytona from deleting at the end to a name for it": Case(
        {"auto_delete_minutes": 0}, {"ephemeral": True}, ["POST autodelete/0"], ["POST autodelete/-1"]
    ),
    "daytona.ttl_minutes": Case(60, 90, ["POST ttl/90"], ["POST ttl/0"]),
}

NOT_HERE = {
    "adopt_id": "it takes a sandbox that exists: test_adoption.py",
    "volumes": "a volume has to be made first: test_volume.py",
}
