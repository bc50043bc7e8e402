"""E2B's volumes: one short method per operation of the table, under its name there."""

import re

from aiohttp import web
from pydantic import StrictStr

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.names import is_uuid
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.errors import VolumeNameTakenError
from evolve_pulumi.local.keys import Key
from evolve_pulumi.local.volumes import Volume

NAME = re.compile("[a-zA-Z0-9_-]+")


class NewVolume(Body):
    """What a new volume is asked to be."""

    name: StrictStr


class Volumes:
    """Volumes, as E2B's API sees them. They are there at once, and go at once, mounted or not."""

    def __init__(self, cloud: Cloud, key: Key) -> None:
        self._cloud = cloud
        self._key = key

    async def post_volumes(self, request: web.Request) -> web.Response:
        """Add a volume."""
        name = NewVolume.model_validate(await request.json()).name
        if not NAME.fullmatch(name):
            raise E2BError(400, f"Volume name '{name}' must match ^{NAME.pattern}$")
        try:
            volume = self._cloud.create_volume(VENDOR, name, at_once=True)
        except VolumeNameTakenError as error:
            raise E2BError(400, f"Volume with name '{name}' already exists") from error
        return web.json_response(self._with_token(volume), status=201)

    async def get_volumes(self, _: web.Request) -> web.Response:
        """All volumes."""
        return web.json_response([_body(volume) for volume in self._cloud.volumes.all(VENDOR)])

    async def get_volumes_volume_id(self, request: web.Request) -> web.Response:
        """One volume, with what opens its content."""
        return web.json_response(self._with_token(find(self._cloud, request)))

    async def delete_volumes_volume_id(self, request: web.Request) -> web.Response:
        """Remove a volume with what is in it."""
        self._cloud.volumes.remove(find(self._cloud, request))
        return web.Response(status=204)

    def _with_token(self, volume: Volume) -> dict[str, str]:
        return {**_body(volume), "token": token(self._key, volume.id)}


def token(key: Key, volume_id: str) -> str:
    """What opens the content of a volume, and nothing else."""
    return key.derived(f"volume {volume_id}")


def find(cloud: Cloud, request: web.Request) -> Volume:
    """The volume of a path; raises E2BError or NotFoundError."""
    wanted = request.match_info["volume_id"]
    if not is_uuid(wanted):
        raise E2BError(400, f"Invalid volume ID: {wanted}")
    return cloud.volumes.find(VENDOR, lambda volume: volume.id == wanted, wanted)


def _body(volume: Volume) -> dict[str, str]:
    return {"volumeID": volume.id, "name": volume.name}
