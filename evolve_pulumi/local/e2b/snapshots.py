"""E2B's snapshots: templates that are made of a sandbox's files. A `DELETE` of the template removes one."""

from typing import Any

from aiohttp import web
from pydantic import StrictStr

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import finding, names, template_bodies
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.templates import DEFAULT_TAG, Template


class SnapshotBody(Body):
    """A new snapshot; the same name again is another build of the same template."""

    name: StrictStr | None = None


class Snapshots:
    """Snapshots, as E2B's API sees them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def post_sandboxes_sandbox_id_snapshots(self, request: web.Request) -> web.Response:
        """Make a snapshot of a sandbox that runs; answers when it is made."""
        body = SnapshotBody.model_validate(await request.json() if request.can_read_body else {})
        name, tag = names.parse(body.name) if body.name else (None, None)
        sandbox = await finding.running(self._cloud, request)
        template, build = await self._cloud.keep_template(sandbox, name, tag or DEFAULT_TAG)
        return web.json_response(_described(template, build.tags[0]), status=201)

    async def get_snapshots(self, request: web.Request) -> web.Response:
        """The snapshots that match, the newest first, a page at a time."""
        found = [each for each in reversed(self._cloud.templates.all(VENDOR)) if _matches(each, request)]
        items, headers = template_bodies.page(found, request.query)
        return web.json_response([_described(each, next(reversed(each.tags))) for each in items], headers=headers)


def _matches(template: Template, request: web.Request) -> bool:
    sandbox, name = request.query.get("sandboxID"), request.query.get("name")
    return (
        template.source is not None
        and sandbox in (None, template.source)
        and (name is None or names.parse(name)[0] in (template.name, template.id))
    )


def _described(template: Template, tag: str) -> dict[str, Any]:
    name = names.full(template.name) if template.name else template.id
    return {
        "snapshotID": f"{name}:{tag}",
        "names": [f"{name}:{each}" for each in template.tags] if template.name else [],
    }
