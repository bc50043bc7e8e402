"""How a fresh volume is filled, once in its life."""

import shlex

from evolve_pulumi.definitions.model import VolumeDefinition

SCRIPT = """set -e
volume={mount_path} begun=~/.evolve-seeding-{name}
empty() {{ find "$volume" -mindepth 1 -delete; }}
if [ -e "$volume/.evolve-seeded" ]; then exit; fi
if [ -e "$begun" ]; then
    empty
elif [ -n "$(ls -A "$volume")" ]; then
    echo "$volume has something in it, and a volume is seeded only as long as it is empty." >&2
    echo "Take the seed away, or give the volume another name." >&2
    exit 1
fi
touch "$begun"
bash -c {command} || {{ code=$?; empty; exit $code; }}
touch "$volume/.evolve-seeded"
rm "$begun"
"""
"""The volume says itself that it is seeded, since it outlives the sandbox and the resource that did it.

That is written last, so that a seed which failed is repeated. What it left is thrown away at once, since the next one
may run in another sandbox; where it was killed, before the next begins. That one was begun is remembered beside the
volume and not in it, because what creates databases wants its folder empty. A volume that has something in it and
neither of these is not fresh, and left alone.
"""


def script(name: str, volume: VolumeDefinition) -> str | None:
    """The bash script that fills a volume unless it was filled before; None where it stays empty."""
    mount_path = shlex.quote(volume["mount_path"])
    if "seed_command" in volume:
        command = volume["seed_command"]
    elif "seed_folder" in volume:
        command = f"cp -a {shlex.quote(volume['seed_folder'])}/. {mount_path}/"
    else:
        return None
    return SCRIPT.format(name=name, mount_path=mount_path, command=shlex.quote(command))
