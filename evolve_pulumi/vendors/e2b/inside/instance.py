"""One E2B sandbox, with all that is inside."""

from e2b import E2B, Sandbox, SandboxState

from evolve_pulumi.models.info import SandboxInfo
from evolve_pulumi.planning import Step
from evolve_pulumi.vendors.e2b.inside.commands import E2BCommands
from evolve_pulumi.vendors.e2b.inside.envd import Envd
from evolve_pulumi.vendors.e2b.inside.files import E2BFiles
from evolve_pulumi.vendors.e2b.inside.git import E2BGit
from evolve_pulumi.vendors.e2b.lookups import Lookups
from evolve_pulumi.vendors.e2b.operations import SET_STATE
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.e2b.sandboxes import Sandboxes

CHANGE_SECONDS = 300


class E2BInstance:
    """A sandbox by its id. What happens in it is asked of its envd, the rest of E2B's API."""

    def __init__(self, sdk: E2B, place: Place, id: str) -> None:
        self._envd = Envd(sdk, place, id)
        self._sandboxes = Sandboxes(sdk, place)
        self._lookups = Lookups(sdk, place)
        self.commands = E2BCommands(self._envd)
        self.files = E2BFiles(self._envd)
        self.git = E2BGit(self.commands)

    @property
    def sandbox_id(self) -> str:
        """Its id."""
        return self._envd.id

    @property
    def native(self) -> Sandbox:
        """The SDK's `Sandbox`."""
        return self._envd.sandbox

    def get_host(self, port: int) -> str:
        """`get_host`, without a connection."""
        return self._lookups.preview_url(self.sandbox_id, port).partition("://")[2]

    def is_running(self) -> bool:
        """`get_info`: whether its state is `running`."""
        return self._envd.look().state == SandboxState.RUNNING

    def get_info(self) -> SandboxInfo:
        """`get_info`."""
        return self._lookups.sandbox(self.sandbox_id)

    def pause(self) -> None:
        """`pause`: files and processes are kept as they are."""
        self._bring_to("paused")

    def resume(self) -> None:
        """`connect`, with the time that E2B gives by default."""
        self._bring_to("started")

    def kill(self) -> None:
        """`kill`."""
        self._sandboxes.delete(self.sandbox_id, {}, CHANGE_SECONDS)

    def _bring_to(self, state: str) -> None:
        self._sandboxes.update(self.sandbox_id, {}, {}, [Step(SET_STATE, {"state": state})], CHANGE_SECONDS)
