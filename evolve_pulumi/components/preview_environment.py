"""An environment from a definition: the sandbox, what is in it, and a URL for each service."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

import pulumi
from pulumi import Output, Resource, ResourceOptions

from evolve_pulumi.components import markdown, seeding
from evolve_pulumi.definitions import expressions, policy, reading, sizes, tree
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.model import Definition, ServiceDefinition, Size, SourceDefinition
from evolve_pulumi.dynamic.resource import in_program
from evolve_pulumi.errors import UnsupportedError
from evolve_pulumi.lookups import get_volume
from evolve_pulumi.models.sandbox import SandboxContent, VolumeMount
from evolve_pulumi.models.service import ServiceContent
from evolve_pulumi.resources.command import Command
from evolve_pulumi.resources.files import Files
from evolve_pulumi.resources.git_repository import GitRepository
from evolve_pulumi.resources.sandbox import Sandbox
from evolve_pulumi.resources.service import Service
from evolve_pulumi.resources.snapshot import Snapshot
from evolve_pulumi.resources.volume import Volume
from evolve_pulumi.vendors import DEFAULT_BACKEND, VENDORS, vendor

COMMITS = "EVOLVE_COMMITS"
"""The variable that starts again what uses repositories, when one has moved."""


class PreviewEnvironment(pulumi.ComponentResource):
    """A sandbox with services in it, as a definition has it, and a URL for each service.

    Args:
        resource_name: Its name in the program, which its resources begin with.
        definition: The definition; `of_config` reads one from a file.
        secrets: Values for `${{ secrets.NAME }}` in it.
        opts: The engine's options.
        expires_at: When it expires, in ISO 8601. Default: when the definition's lifetime is over, counted from now.
    """

    sandbox_id: Output[str]
    """The sandbox."""
    urls: Output[Mapping[str, str]]
    """A URL for each service, by name."""
    preview_token: Output[str]
    """Secret. What the URLs ask for where the services are not public; see `Sandbox`."""
    expires_at: Output[str | None]
    """When its lifetime is over, in ISO 8601: counted from the last `up`. None where it has none."""
    summary: Output[str]
    """All of it in Markdown, for a pull request's comment or a job's summary."""

    def __init__(
        self,
        resource_name: str,
        definition: Definition,
        secrets: Mapping[str, str] | None = None,
        opts: ResourceOptions | None = None,
        *,
        expires_at: str | None = None,
    ) -> None:
        super().__init__("evolve:index:PreviewEnvironment", resource_name, None, opts)
        self._definition = definition
        self._secrets = secrets or {}
        self._name = resource_name
        self._own = ResourceOptions(parent=self)
        self._backend: str = definition.get("backend") or pulumi.Config("evolve").get("backend") or DEFAULT_BACKEND
        expiry = expires_at or reading.expiry(reading.lifetime(definition))
        sandbox = self._sandbox(expiry)
        moved = self._bring_in(sandbox)
        seeded = self._seed(sandbox, moved)
        self._start_services(sandbox, self._set_up(sandbox, [*moved, *seeded]), moved)
        urls = {name: sandbox.preview_url(port) for name, port in self._ports.items()}
        self.sandbox_id = sandbox.id
        self.urls = Output.all(**urls) if urls else Output.from_input({})
        self.preview_token = sandbox.preview_token
        self.expires_at = Output.from_input(expiry)
        self.summary = self.urls.apply(lambda known: markdown.summary(known, expiry, public=self._public))
        outputs = ("sandbox_id", "urls", "preview_token", "expires_at", "summary")
        self.register_outputs({name: getattr(self, name) for name in outputs})

    @classmethod
    def of_config(cls, opts: ResourceOptions | None = None) -> Self:
        """The environment that the stack's configuration names.

        `evolve:definition` is the file; `evolve:policy` the policy that says which `env` and `secrets` it may use;
        `evolve:pr` the number of the pull request, where it is for one.
        """
        config = pulumi.Config("evolve")
        file, rules = Path(config.require("definition")), config.get("policy")
        with in_program():
            allowed = policy.read(Path(rules) if rules else None)
            context = Context(file.parent, os.environ, allowed, config.get_int("pr"))
            definition = reading.load(file, context)
        return cls(definition.get("name", ""), definition, context.secrets, opts)

    @property
    def _services(self) -> Mapping[str, ServiceDefinition]:
        return self._definition.get("services", {})

    @property
    def _ports(self) -> dict[str, int]:
        """By the names of the services; a definition's values are all known."""
        return {name: cast(int, service["port"]) for name, service in self._services.items() if "port" in service}

    @property
    def _public(self) -> bool:
        return any(service.get("public", False) for service in self._services.values())

    def _sandbox(self, expires_at: str | None) -> Sandbox:
        definition, content = self._definition, _picked(self._definition, SandboxContent.__annotations__)
        size, options = self._size(), self._options(expires_at)
        if source := self._snapshot(size):
            content["snapshot"] = source.name
        else:
            options |= _picked(size, VENDORS[self._backend].kinds["sandbox"].option_names)
        own: dict[str, Any] = {self._backend: options} if options else {}
        if volumes := self._mounts():
            content["volumes"] = volumes
        if "env" in content:
            content["env"] = self._revealed(content["env"])
        return Sandbox(
            self._name,
            self._own,
            **content,
            **_picked(definition, ("backend", "allow_restart")),
            **own,
            state="started",
            ports=[*self._ports.values()],
            public=self._public,
        )

    def _options(self, expires_at: str | None) -> Any:
        """The vendor's own, with what ends the sandbox when its lifetime is over."""
        given: Mapping[str, Any] = self._definition
        options: dict[str, Any] = dict(given.get(self._backend, {}))
        lifetime = reading.lifetime(self._definition)
        if lifetime is None or expires_at is None:
            return options
        with in_program():
            left = datetime.fromisoformat(expires_at) - datetime.now(UTC)
            return vendor(self._backend).limited(reading.minutes(lifetime), options, reading.minutes(left))

    def _snapshot(self, size: Size) -> Snapshot | None:
        """What the sandbox is made from, where the definition says more than a snapshot's name."""
        source = _picked(self._definition, ("image", "dockerfile"))
        if not source:
            return None
        source |= _picked(size, ("cpu", "memory_gb"))
        if own := _picked(size, VENDORS[self._backend].kinds["snapshot"].option_names):
            source[self._backend] = own
        return Snapshot(self._name, self._own, **source, **_where(self._definition))

    def _size(self) -> Size:
        """The size; raises UnsupportedError for what the vendor has not, whoever chose the vendor."""
        with in_program():
            for path, reason in sizes.unsupported(self._definition, self._backend):
                words = f"{tree.dotted(path)} {reason}"
                raise UnsupportedError(words, remedy="Take it away, or choose another backend.")
        return self._definition.get("size", {})

    def _mounts(self) -> list[VolumeMount]:
        return [
            VolumeMount(volume_id=self._volume_id(name, volume.get("shared")), mount_path=volume["mount_path"])
            for name, volume in self._definition.get("volumes", {}).items()
        ]

    def _volume_id(self, name: str, shared: str | None) -> pulumi.Input[str]:
        if shared:
            return get_volume(shared, backend=self._definition.get("backend")).id
        return Volume(f"{self._name}-{name}", self._own, allow_data_loss=True, **_where(self._definition)).id

    def _bring_in(self, sandbox: Sandbox) -> list[Resource]:
        """The sources."""
        return [self._source(name, source, sandbox) for name, source in self._definition.get("sources", {}).items()]

    def _source(self, name: str, source: SourceDefinition, sandbox: Sandbox) -> Resource:
        called, where = f"{self._name}-{name}", _where(self._definition)
        where |= {"sandbox_id": sandbox.id, "path": source["path"]}
        if "git" in source:
            keys = _picked(source, ("ref", "clone_inside"))
            # What was done inside is thrown away: the definition says what is there.
            return GitRepository(called, self._own, source=source["git"], force=True, **keys, **where)
        keys = _picked(source, ("exclude", "files")) | ({"source": source["folder"]} if "folder" in source else {})
        return Files(called, self._own, **keys, **where)

    def _seed(self, sandbox: Sandbox, sources: list[Resource]) -> list[Command]:
        """What fills fresh volumes."""
        scripts = {name: seeding.script(name, volume) for name, volume in self._definition.get("volumes", {}).items()}
        return [
            Command(
                f"{self._name}-{name}-seed",
                ResourceOptions.merge(self._own, ResourceOptions(depends_on=sources)),
                sandbox_id=sandbox.id,
                create=script,
                **_where(self._definition),
            )
            for name, script in scripts.items()
            if script
        ]

    def _set_up(self, sandbox: Sandbox, ready: list[Resource]) -> list[Resource]:
        """The commands, one after the other."""
        after: list[Resource] = ready
        for name, setup in self._definition.get("setup", {}).items():
            command = Command(
                f"{self._name}-{name}",
                ResourceOptions.merge(self._own, ResourceOptions(depends_on=after)),
                sandbox_id=sandbox.id,
                create=setup["command"],
                env=self._revealed(setup.get("env", {})) | _commits(ready),
                **_picked(setup, ("working_directory",)),
                **_where(self._definition),
            )
            after = [command]
        return after

    def _start_services(self, sandbox: Sandbox, ready: list[Resource], sources: list[Resource]) -> None:
        """Each after what is set up, and after those that it depends on."""
        started: dict[str, Service] = {}

        def start(name: str) -> Service:
            if name not in started:
                service = self._services[name]
                after = [*ready, *(start(other) for other in service.get("depends_on", []))]
                content = _picked(service, ServiceContent.__annotations__)
                content["env"] = self._revealed(content.get("env", {})) | _commits(sources)
                started[name] = Service(
                    f"{self._name}-{name}",
                    ResourceOptions.merge(self._own, ResourceOptions(depends_on=after)),
                    sandbox_id=sandbox.id,
                    **content,
                    **_where(self._definition),
                )
            return started[name]

        for name in self._services:
            start(name)

    def _revealed(self, variables: Mapping[str, Any]) -> dict[str, pulumi.Input[str]]:
        """Environment variables with their secrets put in, and marked as such."""
        found = {name: expressions.reveal(text, self._secrets) for name, text in variables.items()}
        return {
            name: text if (secret := found[name]) is None else Output.secret(secret) for name, text in variables.items()
        }


def _picked(values: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Those of the keys that there are."""
    return {key: values[key] for key in keys if key in values}


def _commits(sources: list[Resource]) -> dict[str, pulumi.Input[str]]:
    """What makes whatever uses a repository start again when it has moved."""
    commits = [source.commit for source in sources if isinstance(source, GitRepository)]
    return {COMMITS: Output.concat(*commits)} if commits else {}


def _where(definition: Definition) -> dict[str, Any]:
    return _picked(definition, ("backend",))
