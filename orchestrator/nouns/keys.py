"""The names of attempts, calls, threads, and refs; the strings that other tables and other runs refer to."""

from dataclasses import dataclass

PLANNING = "plan"
"""The task id under which the planner's own calls are entered."""

ACTION = "action:"
"""Prefix of the choices that hold the action key of a task."""

RECORDED = "recorded:"
"""Prefix of the choices that a recording brings along, which a replay obeys."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AttemptKey:
    """One try at a task; ``rollout`` numbers the parallel candidates inside it."""

    task: str
    attempt: int = 1
    rollout: int = 0

    def __str__(self) -> str:
        base = f"{self.task}:{self.attempt}"
        return f"{base}:{self.rollout}" if self.rollout else base

    @classmethod
    def parse(cls, text: str) -> "AttemptKey":
        """Read what ``str()`` wrote; raises ValueError on anything else."""
        task, attempt, *rollout = text.split(":")
        return cls(task=task, attempt=int(attempt), rollout=int(rollout[0]) if rollout else 0)

    def thread(self, run: str) -> str:
        """The LangGraph thread id of this attempt: ``RUN:TASK:ATTEMPT[:ROLLOUT]``."""
        return f"{run}:{self}"

    def ref(self, run: str) -> str:
        """The git ref that keeps this attempt's patch."""
        leaf = f"{self.attempt}-{self.rollout}" if self.rollout else str(self.attempt)
        return f"refs/agentctl/{run}/{self.task}/{leaf}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CallKey:
    """Which call of which role this is; the same in the first run, after a crash, and in a replay."""

    attempt: AttemptKey
    role: str
    turn: int
    step: int = 0

    def __str__(self) -> str:
        return f"{self.attempt.task}/{self.attempt.attempt}/{self.attempt.rollout}/{self.role}/{self.turn}/{self.step}"

    @classmethod
    def parse(cls, text: str) -> "CallKey":
        """Read what ``str()`` wrote; raises ValueError on anything else."""
        task, attempt, rollout, role, turn, step = text.split("/")
        key = AttemptKey(task=task, attempt=int(attempt), rollout=int(rollout))
        return cls(attempt=key, role=role, turn=int(turn), step=int(step))


def integration_branch(run: str) -> str:
    """The full name of the branch whose tip is always green."""
    return f"refs/heads/agentctl/{run}/all"
