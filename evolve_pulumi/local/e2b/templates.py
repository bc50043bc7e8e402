"""E2B's templates and their tags: one short method per operation of the table, under its name there."""

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import names, template_bodies
from evolve_pulumi.local.e2b.bodies import BASE, VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.errors import TemplateInUseError
from evolve_pulumi.local.templates import DEFAULT_TAG, Template


class Templates:
    """Templates that were built or made from sandboxes, and tags, as E2B's API sees them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def get_templates(self, _: web.Request) -> web.Response:
        """All templates that are built."""
        return web.json_response([template_bodies.template_body(each) for each in self._built()])

    async def get_v2_templates(self, request: web.Request) -> web.Response:
        """The templates that are built, a page at a time."""
        items, headers = template_bodies.page(self._built(), request.query)
        return web.json_response([template_bodies.template_body(each) for each in items], headers=headers)

    async def get_templates_template_id(self, request: web.Request) -> web.Response:
        """One template, with its builds, the newest first."""
        template = self._template(request)
        builds = [template_bodies.build_body(build) for build in reversed(template.builds)]
        return web.json_response({**template_bodies.template_body(template), "builds": builds})

    async def get_templates_aliases_alias(self, request: web.Request) -> web.Response:
        """Whether there is a template of a name."""
        name, _ = names.parse(request.match_info["alias"])
        if name in (BASE.id, BASE.name):
            return web.json_response({"templateID": BASE.id, "public": True})
        template = self._cloud.templates.find(VENDOR, name)
        return web.json_response({"templateID": template.id, "public": template.public})

    async def delete_templates_template_id(self, request: web.Request) -> web.Response:
        """Remove a template that no sandbox was made from, built or made from a sandbox."""
        template = self._template(request)
        try:
            self._cloud.delete_template(template)
        except TemplateInUseError as error:
            sentence = f"cannot delete template '{template.id}' because there are running or paused sandboxes using it"
            raise E2BError(400, sentence) from error
        return web.Response(status=204)

    async def patch_v_2_templates_template_id(self, request: web.Request) -> web.Response:
        """Say whether others may use a template; nobody else is here."""
        template = await self._publish(request)
        return web.json_response({"names": [names.full(template.name)] if template.name else []})

    async def patch_templates_template_id(self, request: web.Request) -> web.Response:
        """The same, by the earlier version."""
        await self._publish(request)
        return web.json_response(None)

    async def get_templates_template_id_tags(self, request: web.Request) -> web.Response:
        """The tags of a template."""
        found = [
            {"tag": name, "buildID": tag.build_id, "createdAt": tag.created_at.isoformat()}
            for name, tag in self._template(request).tags.items()
        ]
        return web.json_response(found)

    async def post_templates_tags(self, request: web.Request) -> web.Response:
        """Let tags point to the build of a template that another tag points to."""
        body = template_bodies.AssignBody.model_validate(await request.json())
        template, build = names.find_build(self._cloud, body.target)
        tags = names.tags(body.tags)
        template.point(build, tags)
        self._cloud.templates.save(template)
        return web.json_response({"tags": tags, "buildID": build.id}, status=201)

    async def delete_templates_tags(self, request: web.Request) -> web.Response:
        """Take tags from a template, all but the one that counts where none is given."""
        body = template_bodies.UnassignBody.model_validate(await request.json())
        template = names.find_template(self._cloud, body.name)
        tags = names.tags(body.tags)
        if DEFAULT_TAG in tags:
            raise E2BError(400, f"Cannot delete the '{DEFAULT_TAG}' tag")
        template.tags = {name: tag for name, tag in template.tags.items() if name not in tags}
        self._cloud.templates.save(template)
        return web.Response(status=204)

    def _template(self, request: web.Request) -> Template:
        return names.find_template(self._cloud, request.match_info["template_id"])

    async def _publish(self, request: web.Request) -> Template:
        template = self._template(request)
        public = template_bodies.PublicBody.model_validate(await request.json()).public
        if public is not None:
            template.public = public
            self._cloud.templates.save(template)
        return template

    def _built(self) -> list[Template]:
        return [template for template in self._cloud.templates.all(VENDOR) if template.source is None]
