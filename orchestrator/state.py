"""What the checkpoints of the two graphs hold: ids, counters, routing flags and blob digests, never text.

With 100 KB states 500 steps cost 50 MB of checkpoints, with references half a megabyte (DESIGN section 4).
"""

from typing import Literal, TypedDict

from .nouns.keys import AttemptKey

TaskRoute = Literal[
    "pack", "work", "act", "consult", "ask", "hear", "collect", "gate", "race", "review", "land", "escalate", "end"
]
RunRoute = Literal[
    "clarify", "plan", "check_plan", "ask", "hear", "amend", "contract", "build", "verify", "deliver", "end"
]


class TaskState(TypedDict):
    """One attempt."""

    task: str
    attempt: int
    rollout: int
    rung: str
    tree: str
    """The workspace as the last act left it."""
    turn: int
    repairs: int
    blocks: int
    """How often a critic sent it back; checkpoints from before there was one have none."""
    call: str
    """The tool call of this turn that waits for the gate or for a person."""
    question: str
    """The key of the question this attempt waits for."""
    reason: str
    """The blob of why it is escalated."""
    route: TaskRoute


class TaskUpdate(TypedDict, total=False):
    """The keys that one step of an attempt changes."""

    tree: str
    turn: int
    repairs: int
    blocks: int
    call: str
    question: str
    reason: str
    route: TaskRoute


class RunGraphState(TypedDict):
    """One run."""

    round: int
    """How many plans were proposed."""
    mended: bool
    """The findings of check_plan went back to the planner once already for this round."""
    findings: str
    """The blob of what was wrong with the last plan: findings of code, or a person's refusal."""
    question: str
    route: RunRoute


class RunUpdate(TypedDict, total=False):
    """The keys that one step of a run changes."""

    round: int
    mended: bool
    findings: str
    question: str
    route: RunRoute


def first_task_state(key: AttemptKey, *, rung: str) -> TaskState:
    """The input of an attempt's new thread."""
    return TaskState(
        task=key.task,
        attempt=key.attempt,
        rollout=key.rollout,
        rung=rung,
        tree="",
        turn=0,
        repairs=0,
        blocks=0,
        call="",
        question="",
        reason="",
        route="pack",
    )


def first_run_state() -> RunGraphState:
    """The input of a run's new thread."""
    return RunGraphState(round=0, mended=False, findings="", question="", route="plan")


def attempt_key(state: TaskState) -> AttemptKey:
    """Which attempt a state belongs to."""
    return AttemptKey(task=state["task"], attempt=state["attempt"], rollout=state["rollout"])
