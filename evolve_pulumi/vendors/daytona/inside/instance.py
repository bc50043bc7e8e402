"""One Daytona sandbox, with all that is inside."""

from daytona import Daytona, Sandbox, SandboxState

from evolve_pulumi.models.info import SandboxInfo
from evolve_pulumi.planning import Step
from evolve_pulumi.vendors.daytona.inside.commands import DaytonaCommands
from evolve_pulumi.vendors.daytona.inside.files import DaytonaFiles
from evolve_pulumi.vendors.daytona.inside.git import DaytonaGit
from evolve_pulumi.vendors.daytona.inside.toolbox import Toolbox
from evolve_pulumi.vendors.daytona.lookups import Lookups
from evolve_pulumi.vendors.daytona.operations import SET_STATE
from evolve_pulumi.vendors.daytona.sandboxes import Sandboxes

CHANGE_SECONDS = 300


class DaytonaInstance:
    """A sandbox by its id. What happens in it is asked of its toolbox, the rest of Daytona's API."""

    def __init__(self, sdk: Daytona, endpoint: str, id: str) -> None:
        self._toolbox = Toolbox(sdk, endpoint, id)
        self._sandboxes = Sandboxes(sdk, endpoint)
        self._lookups = Lookups(sdk, endpoint)
        self.commands = DaytonaCommands(self._toolbox)
        self.files = DaytonaFiles(self._toolbox)
        self.git = DaytonaGit(self._toolbox)

    @property
    def sandbox_id(self) -> str:
        """Its id."""
        return self._toolbox.id

    @property
    def native(self) -> Sandbox:
        """The SDK's `Sandbox`."""
        return self._toolbox.sandbox

    def get_host(self, port: int) -> str:
        """`get_preview_link`."""
        return self._lookups.preview_url(self.sandbox_id, port).partition("://")[2]

    def is_running(self) -> bool:
        """Whether its state is `started`."""
        return self._toolbox.look().state == SandboxState.STARTED

    def get_info(self) -> SandboxInfo:
        """`get`."""
        return self._lookups.sandbox(self.sandbox_id)

    def pause(self) -> None:
        """`stop` and `archive`: its files are kept, its processes end, and waking it takes longer."""
        self._bring_to("archived")

    def resume(self) -> None:
        """`start`."""
        self._bring_to("started")

    def kill(self) -> None:
        """`delete`."""
        self._sandboxes.delete(self.sandbox_id, {}, CHANGE_SECONDS)

    def _bring_to(self, state: str) -> None:
        self._sandboxes.update(self.sandbox_id, {}, {}, [Step(SET_STATE, {"state": state})], CHANGE_SECONDS)
