"""The bodies of E2B's templates: what it takes, and how it describes templates, builds and tags."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, JsonValue, StrictBool, StrictInt, StrictStr

from evolve_pulumi.local.build_log import Entry
from evolve_pulumi.local.e2b import names
from evolve_pulumi.local.e2b.bodies import BASE, ENVD_VERSION, VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.records import Snapshot
from evolve_pulumi.local.steps_recipe import Step
from evolve_pulumi.local.templates import DEFAULT_TAG, Build, BuildState, Template

LEAST_MB = 128
MOST_ITEMS = 100
"""Of a list or a log at once."""
REASON_ENTRIES = 10
"""How many of the last entries of a log are repeated beside the reason why a build failed."""
STATES = {
    BuildState.WAITING: "waiting",
    BuildState.BUILDING: "building",
    BuildState.READY: "ready",
    BuildState.FAILED: "error",
}


class BuildRequest(Body):
    """What a new build is asked to be."""

    name: StrictStr | None = None
    alias: StrictStr | None = None
    tags: list[StrictStr] = Field(default_factory=list[StrictStr])
    cpu_count: StrictInt = Field(BASE.cpu, ge=1)
    memory_mb: StrictInt = Field(BASE.memory_gib * 1024, alias="memoryMB", ge=LEAST_MB, multiple_of=2)
    min_free_disk_mb: StrictInt | None = Field(None, alias="minFreeDiskMB", ge=0)

    def named(self) -> tuple[str, list[str]]:
        """The template's name, and the tags that are to point to the build."""
        given = self.name or self.alias
        if not given:
            raise E2BError(400, "Name is required")
        try:
            name, tag = names.parse(given)
        except NotFoundError as error:
            raise E2BError(400, str(error)) from error
        return name, names.tags([*([tag] if tag else []), *self.tags]) or [DEFAULT_TAG]

    def snapshot(self, name: str) -> Snapshot:
        """What its sandboxes are made from."""
        options: dict[str, JsonValue] = {"memoryMB": self.memory_mb}
        if self.min_free_disk_mb is not None:
            options["minFreeDiskMB"] = self.min_free_disk_mb
        return Snapshot(
            vendor=VENDOR,
            name=name,
            cpu=self.cpu_count,
            memory_gib=-(-self.memory_mb // 1024),
            disk_gib=BASE.disk_gib,
            can_pause=BASE.can_pause,
            options=options,
        )


class StepBody(Body):
    """One step of a build."""

    type: StrictStr
    args: list[StrictStr] = Field(default_factory=list[StrictStr])
    files_hash: StrictStr | None = Field(None, pattern="^[0-9a-f]{64}$")
    force: StrictBool | None = False

    def step(self) -> Step:
        """As the local cloud carries it out."""
        return Step(name=self.type.upper(), arguments=self.args, archive=self.files_hash)


class BuildStart(Body):
    """How a build is made."""

    from_image: StrictStr | None = None
    from_template: StrictStr | None = None
    force: StrictBool | None = False
    steps: list[StepBody] = Field(default_factory=list[StepBody])
    start_cmd: StrictStr | None = None
    ready_cmd: StrictStr | None = None

    def forced(self) -> bool:
        """Whether nothing that was built earlier may be taken."""
        return bool(self.force) or any(step.force for step in self.steps)


class PublicBody(Body):
    """Whether others may use a template."""

    public: StrictBool | None = None


class AssignBody(Body):
    """Tags for the build that another one points to."""

    target: StrictStr
    tags: list[StrictStr] = Field(min_length=1)


class UnassignBody(Body):
    """Tags to take from a template."""

    name: StrictStr
    tags: list[StrictStr] = Field(min_length=1)


def limit(query: Mapping[str, str]) -> int:
    """How many are wanted at once; raises E2BError."""
    text = query.get("limit", str(MOST_ITEMS))
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ITEMS:
        raise E2BError(400, f"limit must be between 1 and {MOST_ITEMS}")
    return int(text)


def page(templates: Sequence[Template], query: Mapping[str, str]) -> tuple[Sequence[Template], dict[str, str]]:
    """A page of templates, which begins behind the one that its token names, and the header with the next token."""
    after = query.get("nextToken", "")
    begins = next((number for number, each in enumerate(templates, start=1) if each.id == after), 0)
    ends = begins + limit(query)
    return templates[begins:ends], {"X-Next-Token": templates[ends - 1].id} if ends < len(templates) else {}


def requested(template: Template, build: Build) -> dict[str, Any]:
    """A build that waits to be started."""
    return {
        "templateID": template.id,
        "buildID": build.id,
        "public": template.public,
        "tags": build.tags,
        **_names(template),
    }


def status(template: Template, build: Build, entries: list[Entry], all_entries: list[Entry]) -> dict[str, Any]:
    """Where a build is, with entries of its log; of one that failed also why."""
    body: dict[str, Any] = {
        "templateID": template.id,
        "buildID": build.id,
        "status": STATES[build.state],
        "logs": [],
        "logEntries": [log_entry(entry) for entry in entries],
    }
    if build.state == BuildState.FAILED:
        last = [log_entry(entry) for entry in all_entries[-REASON_ENTRIES:]]
        body["reason"] = {"message": build.reason or "", "logEntries": last, **_step(build.step)}
    return body


def log_entry(entry: Entry) -> dict[str, Any]:
    """One entry of a log."""
    level: Literal["error", "info"] = "error" if entry.failed else "info"
    return {"timestamp": entry.at.isoformat(), "message": entry.message, "level": level, **_step(entry.step)}


def template_body(template: Template) -> dict[str, Any]:
    """A template as E2B describes it in a list."""
    ready = [build for build in template.builds if build.state == BuildState.READY]
    build = (ready or template.builds)[-1]
    return {
        "templateID": template.id,
        "buildID": build.id,
        **_sizes(build),
        "public": template.public,
        **_names(template),
        "createdAt": template.created_at.isoformat(),
        "updatedAt": template.updated_at.isoformat(),
        "createdBy": None,
        "lastSpawnedAt": template.last_spawned_at and template.last_spawned_at.isoformat(),
        "spawnCount": template.spawn_count,
        "buildCount": len(template.builds),
        "envdVersion": ENVD_VERSION,
        "buildStatus": STATES[template.builds[-1].state],
    }


def build_body(build: Build) -> dict[str, Any]:
    """A build as E2B describes it beside its template."""
    finished = {"finishedAt": build.finished_at.isoformat()} if build.finished_at else {}
    return {
        "buildID": build.id,
        "status": STATES[build.state],
        "createdAt": build.created_at.isoformat(),
        "updatedAt": build.updated_at.isoformat(),
        **finished,
        **_sizes(build),
        "envdVersion": ENVD_VERSION,
    }


def _names(template: Template) -> dict[str, list[str]]:
    name = template.name
    return {"aliases": [name] if name else [], "names": [names.full(name)] if name else []}


def _sizes(build: Build) -> dict[str, Any]:
    snapshot = build.snapshot
    memory = snapshot.options.get("memoryMB", snapshot.memory_gib * 1024)
    return {"cpuCount": snapshot.cpu, "memoryMB": memory, "diskSizeMB": snapshot.disk_gib * 1024}


def _step(step: str | None) -> dict[str, str]:
    return {"step": step} if step else {}
