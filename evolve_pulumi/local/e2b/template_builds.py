"""How E2B's templates are built: one short method per operation of the table, under its name there."""

import re
import uuid

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import names, template_bodies
from evolve_pulumi.local.e2b.bodies import USER
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.template_bodies import BuildStart
from evolve_pulumi.local.e2b.uploads import Uploads
from evolve_pulumi.local.errors import BuildFailedError, NotFoundError
from evolve_pulumi.local.snapshots import BASE
from evolve_pulumi.local.steps_recipe import StepsRecipe
from evolve_pulumi.local.templates import Build, Template

BASE_IMAGES = {"e2bdev/base", "e2bdev/base:latest", BASE}
"""Names of the one image that there is: E2B's, and ours."""
BASE_STEP = "base"
HASH = re.compile("[0-9a-f]{64}")


class TemplateBuilds:
    """Builds, as E2B's API sees them."""

    def __init__(self, cloud: Cloud, uploads: Uploads) -> None:
        self._cloud = cloud
        self._uploads = uploads

    async def post_v3_templates(self, request: web.Request) -> web.Response:
        """Add a build that waits to be started."""
        body = template_bodies.BuildRequest.model_validate(await request.json())
        name, tags = body.named()
        template, build = self._cloud.templates.request(name, tags, body.snapshot(name))
        return web.json_response(template_bodies.requested(template, build), status=202)

    async def get_templates_template_id_files_hash(self, request: web.Request) -> web.Response:
        """Where to put an archive, unless it is there."""
        template, name = self._template(request), request.match_info["hash_"]
        if not HASH.fullmatch(name):
            raise E2BError(400, "hash must be a lowercase hex SHA-256")
        present = (self._cloud.templates.files(template) / name).exists()
        return web.json_response({"present": present, "url": self._uploads.address(template.id, name)}, status=201)

    async def post_v_2_templates_template_id_builds_build_id(self, request: web.Request) -> web.Response:
        """Start a build; those of the template that go on end."""
        template, build = self._build(request)
        body = BuildStart.model_validate(await request.json())
        try:
            recipe = self._recipe(template, body)
        except BuildFailedError as error:
            self._cloud.refuse_build(template, build, error)
        else:
            self._cloud.build_template(template, build, recipe)
        return web.Response(status=202)

    async def get_templates_template_id_builds_build_id_status(self, request: web.Request) -> web.Response:
        """Where a build is, with the entries of its log from an offset on."""
        template, build = self._build(request)
        offset = request.query.get("logsOffset", "0")
        if not offset.isdecimal():
            raise E2BError(400, "logsOffset must be a number")
        everything = self._cloud.templates.log(template, build).entries
        wanted = [each for each in everything if each.failed or request.query.get("level") not in ("warn", "error")]
        entries = wanted[int(offset) :][: template_bodies.limit(request.query)]
        return web.json_response(template_bodies.status(template, build, entries, everything))

    def _recipe(self, template: Template, body: BuildStart) -> StepsRecipe:
        """How a build is to be made; raises BuildFailedError where there is nothing to begin from."""
        return StepsRecipe(
            user=USER,
            base=self._base(body),
            steps=[step.step() for step in body.steps],
            start=body.start_cmd or None,
            ready=body.ready_cmd or None,
            once=str(uuid.uuid4()) if body.forced() else None,
            archives=self._cloud.templates.files(template),
        )

    def _base(self, body: BuildStart) -> str | None:
        """The image that a build begins from; None for the one that is built in."""
        if bool(body.from_image) == bool(body.from_template):
            raise E2BError(400, "must specify either fromImage or fromTemplate")
        if body.from_template:
            try:
                return names.find_snapshot(self._cloud, body.from_template).content
            except NotFoundError as error:
                raise BuildFailedError(f"base template '{body.from_template}' not found", BASE_STEP) from error
        if body.from_image not in BASE_IMAGES:
            sentence = f"the local cloud has no registry, so no image '{body.from_image}': templates begin from"
            raise BuildFailedError(f"{sentence} e2bdev/base or {BASE}, which is this machine's programs", BASE_STEP)
        return None

    def _template(self, request: web.Request) -> Template:
        return names.find_template(self._cloud, request.match_info["template_id"])

    def _build(self, request: web.Request) -> tuple[Template, Build]:
        """The build of a path; unlike elsewhere, one that is not there is a bad request."""
        try:
            template = self._template(request)
            return template, template.build(request.match_info["build_id"])
        except NotFoundError as error:
            raise E2BError(400, str(error)) from error
