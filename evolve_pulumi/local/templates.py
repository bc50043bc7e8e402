"""Templates: names under which one build follows another, and tags that point to builds. Knows no HTTP and no vendor.

<folder>/templates/<id>/  meta.json  <build>.log  files/
"""

import asyncio
import secrets
import string
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field

from evolve_pulumi.local.build_log import BuildLog
from evolve_pulumi.local.builds import INTERRUPTED, Builds
from evolve_pulumi.local.errors import BuildFailedError, NotFoundError, WrongStateError
from evolve_pulumi.local.records import CLOSED_FOLDER, Image, Snapshot, remove_tree, write_record
from evolve_pulumi.local.steps_recipe import StepsRecipe

DEFAULT_TAG = "default"
SUPERSEDED = "The build was canceled because it was superseded by a newer one."
ID_LENGTH = 20


def _now() -> datetime:
    return datetime.now(UTC)


class BuildState(StrEnum):
    """Where a build is in its life."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class Build(BaseModel):
    """One build of a template."""

    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    snapshot: Snapshot
    """What sandboxes are made from once it is ready."""
    tags: list[str]
    """What is to point to it then."""
    state: BuildState = BuildState.WAITING
    reason: str | None = None
    """Why it failed, and at which step."""
    step: str | None = None
    created_at: datetime = Field(default_factory=_now)
    updated_at: datetime = Field(default_factory=_now)
    finished_at: datetime | None = None


class Tag(BaseModel):
    """The build that a tag points to, always one that is ready."""

    build_id: str
    created_at: datetime = Field(default_factory=_now)


class Template(BaseModel):
    """One template, its builds in the order they were asked for."""

    id: str = Field(default_factory=lambda: _new_id())
    vendor: str
    name: str | None
    source: str | None = None
    """The sandbox that it was made from; None for one that is built."""
    public: bool = False
    builds: list[Build] = []
    tags: dict[str, Tag] = {}
    created_at: datetime = Field(default_factory=_now)
    updated_at: datetime = Field(default_factory=_now)
    spawn_count: int = 0
    last_spawned_at: datetime | None = None

    def build(self, build_id: str) -> Build:
        """One of its builds; raises NotFoundError."""
        for build in self.builds:
            if build.id == build_id:
                return build
        raise NotFoundError(f"Build '{build_id}' not found")

    def tagged(self, tag: str) -> Build:
        """The build that a tag points to; raises NotFoundError."""
        if tag not in self.tags:
            raise NotFoundError(f"Template '{self.name or self.id}' with tag '{tag}' not found")
        return self.build(self.tags[tag].build_id)

    def point(self, build: Build, tags: Sequence[str]) -> None:
        """Let tags point to a build."""
        self.tags |= {tag: Tag(build_id=build.id) for tag in tags}


class Templates:
    """The templates of one folder; what is on disk there is taken up again."""

    def __init__(self, folder: Path, builds: Builds) -> None:
        self._folder = folder
        self._builds = builds
        self._templates: dict[str, Template] = {}
        self._logs: dict[str, BuildLog] = {}
        self._underway: dict[str, asyncio.Task[None]] = {}
        self._needed: dict[str, set[str | None]] = {}
        folder.mkdir(mode=CLOSED_FOLDER, exist_ok=True)
        for meta in folder.glob("*/meta.json"):
            template = Template.model_validate_json(meta.read_bytes())
            self._templates[template.id] = template
            for build in template.builds:
                if build.state == BuildState.BUILDING:
                    self.fail(template, build, BuildFailedError(INTERRUPTED))

    def count(self) -> int:
        """How many there are, of all vendors."""
        return len(self._templates)

    def all(self, vendor: str) -> list[Template]:
        """Those of a vendor, oldest first."""
        found = [template for template in self._templates.values() if template.vendor == vendor]
        return sorted(found, key=lambda template: template.created_at)

    def find(self, vendor: str, id_or_name: str) -> Template:
        """A template by its id or name; raises NotFoundError."""
        for template in self.all(vendor):
            if id_or_name in (template.id, template.name):
                return template
        raise NotFoundError(f"Template '{id_or_name}' not found")

    def snapshot(self, vendor: str, reference: str) -> Snapshot:
        """What a sandbox of `name`, `name:tag` or an id in its place is made from; raises NotFoundError."""
        id_or_name, _, tag = reference.partition(":")
        return self.find(vendor, id_or_name).tagged(tag or DEFAULT_TAG).snapshot

    def contents(self) -> set[str]:
        """The images that they need: those of builds that a tag points to, and of builds that go on."""
        tagged = [template.tagged(tag).snapshot for template in self._templates.values() for tag in template.tags]
        needed = {snapshot.content for snapshot in tagged}.union(*self._needed.values())
        return {content for content in needed if content}

    def request(
        self, name: str | None, tags: Sequence[str], snapshot: Snapshot, source: str | None = None
    ) -> tuple[Template, Build]:
        """Add a build that waits to be started, to a new template where there is none of that name.

        The snapshot tells what it is to be beside what is built. Builds that are to have one of its tags and were not
        started fail.
        """
        template = next((each for each in self.all(snapshot.vendor) if name and each.name == name), None)
        if template is None:
            template = Template(vendor=snapshot.vendor, name=name, source=source)
            self._templates[template.id] = template
            self.files(template).mkdir(mode=CLOSED_FOLDER, parents=True)
        for build in template.builds:
            if build.state == BuildState.WAITING and not set(tags).isdisjoint(build.tags):
                self.fail(template, build, BuildFailedError(SUPERSEDED))
        build = Build(
            snapshot=snapshot.model_copy(update={"id": template.id, "name": name or template.id}), tags=list(tags)
        )
        template.builds.append(build)
        self.save(template)
        return template, build

    def start(self, template: Template, build: Build, recipe: StepsRecipe) -> None:
        """Begin a build, in the place of those of the template that go on; raises WrongStateError."""
        self._begin(template, build)
        self._needed[build.id] = {recipe.content, recipe.base}
        task = self._underway[build.id] = asyncio.create_task(self._make(template, build, recipe))
        task.add_done_callback(lambda _: self._forget(build))

    def refuse(self, template: Template, build: Build, error: BuildFailedError) -> None:
        """Begin a build that fails at once; raises WrongStateError."""
        self._begin(template, build)
        self.log(template, build).add(str(error), error.step, failed=True)
        self.fail(template, build, error)

    def fail(self, template: Template, build: Build, error: BuildFailedError) -> None:
        """End a build without an image, for a reason."""
        build.reason, build.step = str(error), error.step
        self._end(template, build, BuildState.FAILED)

    def complete(self, template: Template, build: Build, content: str, image: Image) -> None:
        """End a build with its image, and let its tags point to it."""
        build.snapshot.take(content, image)
        template.point(build, build.tags)
        self._end(template, build, BuildState.READY)

    def log(self, template: Template, build: Build) -> BuildLog:
        """What a build has told."""
        if build.id not in self._logs:
            self._logs[build.id] = BuildLog(self._place(template) / f"{build.id}.log")
        return self._logs[build.id]

    def files(self, template: Template) -> Path:
        """The folder of the archives that its builds copy from."""
        return self._place(template) / "files"

    def note_use(self, snapshot: Snapshot) -> None:
        """Count a sandbox that is made from a template's build."""
        if template := self._templates.get(snapshot.id):
            template.spawn_count += 1
            template.last_spawned_at = _now()
            self._write(template)

    def save(self, template: Template) -> None:
        """Write a template down that was changed."""
        template.updated_at = _now()
        self._write(template)

    def remove(self, template: Template) -> None:
        """Remove a template with its builds, whoever was made from it."""
        self._cancel(template)
        del self._templates[template.id]
        for build in template.builds:
            self._logs.pop(build.id, None)
        remove_tree(self._place(template))

    def clear(self) -> None:
        """Remove all."""
        for template in list(self._templates.values()):
            self.remove(template)

    def _begin(self, template: Template, build: Build) -> None:
        if build.state != BuildState.WAITING:
            raise WrongStateError("build is not in waiting state")
        for other in self._cancel(template):
            self.fail(template, other, BuildFailedError(SUPERSEDED))
        build.state = BuildState.BUILDING
        build.updated_at = _now()
        self.save(template)

    async def _make(self, template: Template, build: Build, recipe: StepsRecipe) -> None:
        log = self.log(template, build)
        building = asyncio.ensure_future(self._builds.build(recipe))
        try:
            cached = self._builds.has(recipe.content)
            follow = self._builds.log(recipe.content, follow=lambda: not building.done())
            await log.copy(follow, cached=cached)
            image = await building
        except BuildFailedError as error:
            self.fail(template, build, error)
        except asyncio.CancelledError:
            building.cancel()
            raise
        else:
            self.complete(template, build, recipe.content, image)

    def _cancel(self, template: Template) -> list[Build]:
        """Give up those of a template's builds that go on."""
        found = [build for build in template.builds if build.id in self._underway]
        for build in found:
            self._underway[build.id].cancel()
            self._forget(build)
        return found

    def _forget(self, build: Build) -> None:
        self._underway.pop(build.id, None)
        self._needed.pop(build.id, None)

    def _end(self, template: Template, build: Build, state: BuildState) -> None:
        build.state = state
        build.updated_at = build.finished_at = _now()
        self.save(template)

    def _write(self, template: Template) -> None:
        write_record(self._place(template) / "meta.json", template)

    def _place(self, template: Template) -> Path:
        return self._folder / template.id


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(ID_LENGTH))
