"""Every error a caller acts on, in one tree.

    AgentctlError             exit 1: says what failed and what to do next
    ├── UsageError            exit 2: the command, the spec, the settings or the repository cannot be used as given
    │   ├── SpecError             the spec cannot be read as one
    │   ├── SettingsError         agentctl.toml, the environment or a flag is wrong
    │   ├── RepositoryError       the repository is not in a state a run can start from
    │   └── RunStateError         no such run, a run that is live elsewhere, or one of a newer agentctl
    ├── WaitingForPerson      exit 3: a question is open and the caller asked not to wait
    ├── AuthenticationError   exit 4: no model, no key, or the key was refused
    ├── BudgetReached         exit 5: the next call does not fit under the cap
    ├── VerificationFailed    exit 6: a requirement is not met, or lint found errors
    ├── WorkerStuck           exit 1: this rung cannot go on with this attempt; the ladder decides what is next
    ├── SandboxUnavailable    exit 1: nothing here can confine a command; says what to install
    ├── ServiceFailed         exit 1: what the tests need beside the tree is not there; nothing is judged by it
    ├── PolicyViolation       exit 1: a tree holds what no worker may write; carries the paths
    ├── GitError              exit 1: git refused; carries its words
    ├── ForgeRefused          exit 1: the forge says no for good: a permission, a rule, a thing that is not there
    │   └── HeadMoved             what was to be done is bound to a head that is not the head any more
    ├── ForgeAway             exit 1: the forge does not answer, or wants us to wait; carries for how long
    └── DiskFull              exit 1: the disk is full, or fails; nothing that was said is lost

A failed test is a Verdict and a model's bad answer is a ModelError (agents.models.errors): neither is here.
"""

from collections.abc import Sequence
from typing import ClassVar


class AgentctlError(Exception):
    """Something a person can act on; its text names the thing and says what to do next."""

    exit_code: ClassVar[int] = 1


class UsageError(AgentctlError):
    """What was asked cannot be done as it was asked."""

    exit_code = 2


class SpecError(UsageError):
    """The spec cannot be read as one."""


class SettingsError(UsageError):
    """A setting is unknown or has a value that cannot be used."""


class RepositoryError(UsageError):
    """The repository is not in a state a run can start from."""


class RunStateError(UsageError):
    """The run does not exist, is driven by another process, or was written by a newer agentctl."""


class WaitingForPerson(AgentctlError):
    """A question is open, and the caller asked not to wait for its answer."""

    exit_code = 3


class AuthenticationError(AgentctlError):
    """No model can be reached with what is configured."""

    exit_code = 4


class BudgetReached(AgentctlError):
    """The reservation of the next call would pass a cap.

    Args:
        message: which cap, how much is spent, and how to raise it.
        scope: the cap that was met, such as ``run`` or ``planning``.
        missing_usd: by how much the cap would have to rise for the call to fit.
    """

    exit_code = 5

    def __init__(self, message: str, *, scope: str, missing_usd: float) -> None:
        super().__init__(message)
        self.scope = scope
        self.missing_usd = missing_usd


class VerificationFailed(AgentctlError):
    """A requirement has no sufficient evidence, or lint found errors."""

    exit_code = 6


class WorkerStuck(AgentctlError):
    """A worker's model cannot go on with this attempt: its answers are unusable, or the prompt no longer fits."""


class SandboxUnavailable(AgentctlError):
    """Nothing on this machine can confine a command written by a model."""


class ServiceFailed(AgentctlError):
    """A service of the settings could not be used, or ended before the tests did: no tree is to blame.

    Args:
        message: all of it, with what to do.
        what: which service, and what became of it.
        last_lines: of what it said.
        not_found: its program is not there.
        begun: it could be used, and ended while a command ran.
    """

    def __init__(
        self, message: str, *, what: str, last_lines: Sequence[str] = (), not_found: bool = False, begun: bool = False
    ) -> None:
        super().__init__(message)
        self.what = what
        self.last_lines = tuple(last_lines)
        self.not_found = not_found
        self.begun = begun


class PolicyViolation(AgentctlError):
    """A tree holds what no worker may write.

    Args:
        message: what is wrong, in one sentence.
        paths: the offending paths, relative to the root of the tree.
    """

    def __init__(self, message: str, *, paths: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.paths = tuple(paths)


class GitError(AgentctlError):
    """Git refused an operation; the message ends with its own words."""


class ForgeRefused(AgentctlError):
    """The forge will not do it, now or later; the message says what a person can do."""


class HeadMoved(ForgeRefused):
    """A pull request has another head than the one that was looked at; nothing was done."""


class ForgeAway(AgentctlError):
    """The forge is not there, or asks for patience; what was to be done can be done later, and is not lost.

    Args:
        message: what was asked for, and what came back.
        seconds: how long the forge asks to be left alone; 0 where it does not say.
    """

    def __init__(self, message: str, *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class DiskFull(AgentctlError):
    """The disk is full, or fails; the run can be resumed once there is room, or another disk."""
