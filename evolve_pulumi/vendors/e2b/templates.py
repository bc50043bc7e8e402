"""Snapshots as E2B keeps them: templates, each with builds, and tags that point to builds.

A resource is a template. Each content of it is one build under one tag, and its name says both: `name:tag`.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from e2b import E2B, BuildInfo, BuildStatusReason, TemplateBuildStatus, wait_for_timeout
from e2b.api import handle_api_exception
from e2b.api.client.api.templates import (
    get_templates,
    get_templates_aliases_alias,
    get_templates_template_id,
    patch_v_2_templates_template_id,
)
from e2b.api.client.models import Template as ListedTemplate
from e2b.api.client.models import TemplateUpdateRequest, TemplateWithBuilds
from e2b.api.client_sync import get_api_client  # pyright: ignore[reportUnknownVariableType]
from e2b.connection_config import ConnectionConfig

from evolve_pulumi.errors import EvolveError, NameTakenError, NotFoundError, NotReadyError, VendorError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.build_log import BuildLog
from evolve_pulumi.vendors.e2b.errors import translated
from evolve_pulumi.vendors.e2b.operations import BUILD, SET_PUBLIC, SET_TAGS, template_name
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.retry import patiently, wait_until

T = TypeVar("T")

READ_SECONDS = 30
SETTLED = (TemplateBuildStatus.READY, TemplateBuildStatus.ERROR)
READY_MILLISECONDS = 20_000
"""How long E2B's SDK waits for a start command that tells nothing of being ready."""


class Templates:
    """The templates of one account."""

    def __init__(self, sdk: E2B, place: Place) -> None:
        self._sdk = sdk
        self._place = place

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one with its first build; a failed build leaves nothing but the end of its log, in the error."""
        name, deadline = template_name(declared["name"]), time.monotonic() + timeout_seconds
        if self._patiently(lambda: self._sdk.Template.exists(name)):
            # E2B would add a build to it, whoever's it is.
            raise NameTakenError(
                f"there is a template {name} already",
                remedy="Choose another name, or leave it out for an automatic one.",
            )
        try:
            made = self._build(declared, deadline)
            if declared.get("public"):
                self._set_public(made.template_id, True)
        except EvolveError:
            with contextlib.suppress(VendorError):
                self._patiently(lambda: self._sdk.Sandbox.delete_snapshot(name))
            raise
        return self._observe(self._get(made.template_id), declared)

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one."""
        try:
            return self._observe(self._get(id), recorded)
        except NotFoundError:
            return None

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Build what is declared now, beside what is there, then take the old content's tag and others away."""
        deadline, operations = time.monotonic() + timeout_seconds, {step.operation for step in steps}
        name, wanted = template_name(declared["name"]), _tags(declared)
        if BUILD in operations:
            self._build(declared, deadline)
        elif SET_TAGS in operations:
            self._patiently(lambda: self._sdk.Template.assign_tags(declared["name"], wanted))
        if gone := [tag for tag in _tags(recorded) if tag not in wanted]:
            self._patiently(lambda: self._sdk.Template.remove_tags(name, gone))
        if SET_PUBLIC in operations:
            self._set_public(id, declared.get("public", False))
        return Observed(id, outputs={"name": declared["name"]})

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Delete one with all its builds, as soon as no sandbox uses it."""
        return self._patiently(lambda: self._sdk.Sandbox.delete_snapshot(id), timeout_seconds)

    def find(self, id_or_name: str) -> TemplateWithBuilds:
        """One by its id or name; raises NotFoundError."""
        try:
            return self._get(template_name(id_or_name))
        except NotFoundError:
            alias = template_name(id_or_name)
            found = self._ask(lambda: get_templates_aliases_alias.sync_detailed(alias, client=self._client))
            return self._get(found.template_id)

    def all(self) -> Iterator[ListedTemplate]:
        """Those of the account."""
        yield from self._ask(lambda: get_templates.sync_detailed(client=self._client))

    def _build(self, declared: Values, deadline: float) -> BuildInfo:
        """Build what is declared and wait for it; raises NotReadyError with the end of the log."""
        name, log = template_name(declared["name"]), BuildLog(declared["name"])
        sizes = {size: declared[size] for size in ("cpu_count", "memory_mb") if size in declared}
        with translated(self._place.endpoint):
            template = _template(self._sdk, declared)

        def begin() -> BuildInfo:
            return self._sdk.Template.build_in_background(template, name, tags=_tags(declared), **sizes)

        made = self._patiently(begin, deadline - time.monotonic())
        read, reasons = 0, list[BuildStatusReason | None]()

        def settled() -> bool:
            nonlocal read
            seen = self._patiently(lambda: self._sdk.Template.get_build_status(made, logs_offset=read))
            read += len(seen.log_entries)
            for entry in seen.log_entries:
                log(entry.message)
            if seen.status not in SETTLED or seen.log_entries:
                return False
            reasons.extend([seen.reason] if seen.status == TemplateBuildStatus.ERROR else [])
            return True

        if not wait_until(settled, deadline):
            raise NotReadyError(
                "it is still being built", remedy="If it only needs longer, raise its timeouts.", details=log.tail()
            )
        if reasons:
            reason = reasons[0].message if reasons[0] else "E2B gives no reason"
            raise NotReadyError(f"the build failed: {reason}", details=log.tail())
        return made

    def _set_public(self, id: str, public: bool) -> None:
        body = TemplateUpdateRequest(public=public)
        self._ask(lambda: patch_v_2_templates_template_id.sync_detailed(id, client=self._client, body=body))

    def _get(self, id: str) -> TemplateWithBuilds:
        return self._ask(lambda: get_templates_template_id.sync_detailed(id, client=self._client))

    @property
    def _client(self) -> Any:
        """The SDK's generated client, for what its classes lack."""
        return get_api_client(ConnectionConfig(**self._sdk.Template._resolve_api_params()))  # pyright: ignore[reportPrivateUsage]

    def _ask(self, call: Callable[[], Any]) -> Any:
        """The parsed answer of a generated call, which raises nothing by itself."""

        def checked() -> Any:
            answer = call()
            if answer.status_code >= 300:
                raise handle_api_exception(answer)
            return answer.parsed

        return self._patiently(checked)

    def _patiently(self, call: Callable[[], T], seconds: float = READ_SECONDS) -> T:
        def once() -> T:
            with translated(self._place.endpoint):
                return call()

        return patiently(once, seconds)

    def _observe(self, template: TemplateWithBuilds, recorded: Values) -> Observed:
        tags = {each.tag for each in self._patiently(lambda: self._sdk.Template.get_tags(template.template_id))}
        name = recorded.get("name") or (template.aliases or [template.template_id])[0]
        _, _, content = name.partition(":")
        attributes = {
            # Without its tag it has to be built again.
            "name": name if not content or content in tags else template_name(name),
            "tags": [tag for tag in recorded.get("tags", []) if tag in tags],
            "public": template.public,
        }
        return Observed(template.template_id, attributes, {"account": self._place.account, "name": name})


def _tags(declared: Values) -> list[str]:
    """The tag of the content, and the user's."""
    return [declared["name"].partition(":")[2], *declared.get("tags", [])]


def _template(sdk: E2B, declared: Values) -> Any:
    """What is declared, for the SDK."""
    if "dockerfile" in declared:
        built = sdk.Template().from_dockerfile(declared["dockerfile"])
    else:
        built = sdk.Template().from_image(declared["image"])
    start, ready = declared.get("start_command"), declared.get("ready_command")
    if start:
        return built.set_start_cmd(start, ready or wait_for_timeout(READY_MILLISECONDS))
    return built.set_ready_cmd(ready) if ready else built
