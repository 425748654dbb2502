"""The outside, as protocols named by role. Real adapters and in-memory doubles satisfy them alike.

Whatever may take time is async and must not block the event loop; the Store is synchronous, because a write is done
only when it is durable and takes a fraction of a millisecond.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .nouns.contract import Contract, Draft, Stub, Wants
from .nouns.delivery import Opened, Rebuilt
from .nouns.earlier import Earlier, Revision
from .nouns.events import Event, Fact, QuestionRaised
from .nouns.hands import Hands
from .nouns.keys import AttemptKey
from .nouns.plan import LockedTest, Plan, SpecView, Task
from .nouns.questions import Asked, Option, Question
from .nouns.reviews import Opinion, Reading, Shown
from .nouns.runners import ScriptRunner
from .nouns.runs import AttemptStatus, Evidence, Landing, Run, TaskStatus
from .nouns.verdicts import Expectation, GateReport, Verdict


class Clock(Protocol):
    """Time. ``now`` is seconds since the epoch, ``monotonic`` never goes back."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class Random(Protocol):
    """Chance, seeded in tests."""

    def random(self) -> float: ...
    def uniform(self, a: float, b: float) -> float: ...
    def getrandbits(self, k: int) -> int: ...


class Store(Protocol):
    """The run folder. One transaction an append: the events and every projection, or nothing."""

    def append(self, *facts: Fact, author: str, cause: int | None = None) -> tuple[Event, ...]: ...
    def events(self, *, after: int = 0, limit: int | None = None) -> tuple[Event, ...]: ...
    def last_event(self) -> int: ...
    def run(self) -> Run: ...
    def plan(self) -> Plan | None: ...
    def approved(self) -> bool: ...
    def tasks(self) -> tuple[TaskStatus, ...]: ...
    def attempts(self, task: str | None = None) -> tuple[AttemptStatus, ...]: ...
    def attempt(self, key: AttemptKey) -> AttemptStatus | None: ...
    def questions(self, *, only_open: bool = False) -> tuple[Asked, ...]: ...
    def question(self, key: str) -> Asked | None: ...
    def raised(self) -> tuple[QuestionRaised, ...]: ...
    def verdict(self, tree: str, gate: str) -> Verdict | None: ...
    def verdict_of_tree(self, tree: str) -> Verdict | None:
        """The latest verdict on a tree, whatever the gate."""
        ...

    def landings(self) -> tuple[Landing, ...]: ...
    def evidence(self) -> tuple[Evidence, ...]: ...
    def choice(self, key: str) -> str | None: ...
    def contracts(self) -> tuple[Contract, ...]: ...
    def hands(self) -> Hands: ...
    def pulls(self) -> tuple[Opened, ...]: ...
    def rebuilt(self) -> tuple[Rebuilt, ...]: ...
    def budget_raised(self) -> float: ...
    def put_blob(self, text: str) -> str: ...
    def blob(self, digest: str) -> str: ...
    def version(self) -> int:
        """A number that changes when another process has written; costs microseconds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """A file in a tree: git's mode (``100644``, ``100755``, ``120000``, ``160000``) and object id."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The result of a three-way merge of trees; ``tree`` is None where ``conflicts`` names paths."""

    tree: str | None
    conflicts: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """What a merge that called itself clean would have dropped, a sentence each: it counts as none."""
    told: tuple[str, ...] = ()
    """What is worth saying of a merge that was made: of which changes nothing was left to bring in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that differ between two texts: where they stand in each, counted from 0, and how many they are."""

    at: int
    gone: int
    to: int
    came: int


class Git(Protocol):
    """The user's repository, seen through objects and refs only: no work tree, no index, no hooks.

    Every id that goes in or comes out is a full hex object id. Raises GitError.
    """

    async def resolve(self, revision: str) -> str | None: ...
    async def tree_of(self, commit: str) -> str: ...
    async def entries(self, tree: str) -> Mapping[str, TreeEntry]: ...
    async def read(self, blob: str) -> bytes: ...
    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]: ...
    async def write(self, content: bytes) -> str: ...
    async def amend_tree(self, tree: str | None, changes: Mapping[str, TreeEntry | None]) -> str:
        """A new tree: ``tree`` (None for the empty one) with these paths set, or removed where None."""
        ...

    async def changed(self, old_tree: str, new_tree: str) -> Mapping[str, TreeEntry | None]:
        """Paths that differ, with what they are in the new tree; None where they are gone."""
        ...

    async def diff(self, old_tree: str, new_tree: str, paths: Sequence[str] = ()) -> str:
        """A unified diff for people and models; no external drivers, no colour."""
        ...

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        """Three-way merge of trees: what ``theirs`` changed since ``base``, applied to ``ours``."""
        ...

    async def hunks(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[Hunk, ...]]:
        """For each pair of blobs the lines that differ, aligned as ``merge`` aligns them."""
        ...

    async def commit(self, *, tree: str, parents: Sequence[str], message: str, at: float, author: str = "") -> str:
        """A commit object with the author the repository's rules ask for, or this ``Name <address>``; no ref moves."""
        ...

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        """Compare and swap; ``old`` None means the ref must not exist, ``new`` None deletes. False if it lost."""
        ...

    async def refs(self, prefix: str) -> Mapping[str, str]: ...
    async def log(self, *, since: str, tip: str) -> Sequence[tuple[str, str]]:
        """Commits after ``since`` up to ``tip`` by first parents, oldest first, with their full messages."""
        ...

    async def reaches(self, *, tip: str, commit: str) -> bool:
        """Whether a commit is part of what ``tip`` stands on; false for one that is not here at all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A command that ended inside the sandbox. ``output`` is stdout and stderr interleaved, cut to the limit."""

    exit: int | None
    """None when it was killed by a limit; ``stopped`` says which."""
    output: str
    seconds: float
    cpu_seconds: float
    stopped: Literal["", "time", "output", "memory", "disk"] = ""


class Workspace(Protocol):
    """One attempt's files. Paths are relative to its root; every host-side access stays beneath it."""

    def paths(self) -> Sequence[str]:
        """Regular files, sorted; ignored ones and caches left out."""
        ...

    def read(self, path: str) -> bytes: ...
    def write(self, path: str, content: bytes) -> None: ...
    def delete(self, path: str) -> None: ...
    async def run(self, command: str, *, seconds: float) -> Completed:
        """A shell command inside the sandbox, in the workspace's root."""
        ...

    async def snapshot(self) -> str:
        """The tree of what is there now, under the tree policy; raises PolicyViolation."""
        ...

    async def restore(self, tree: str) -> None:
        """Make the files exactly this tree."""
        ...

    async def close(self) -> None:
        """Remove it: renamed at once, deleted in the background. Its trees stay in git."""
        ...


class Workspaces(Protocol):
    """Opens isolated workspaces and clears what a killed process left behind."""

    async def open(self, key: AttemptKey, tree: str) -> Workspace: ...
    async def sweep(self) -> None: ...


class Gate(Protocol):
    """Judges exact trees in a fresh checkout inside the sandbox, behind a limit of parallel slots.

    ``judge`` looks a verdict up before it runs anything, and records what it finds. ``key`` is the attempt it is for.
    With ``again`` nothing is looked up: what failed only in what flakes is judged once more.
    """

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
    ) -> Verdict: ...

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport: ...


class FirstLook(Protocol):
    """Runs the tests that a change concerns before all others, for a worker that tests in between.

    ``reasons`` says what is wrong with them; nothing where nothing is, or where it is not worth it: then the gate
    judges. It gives no verdict and leaves none.
    """

    async def reasons(
        self, tree: str, *, before: str, expectation: Expectation, priority: float = 0.0
    ) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What the planner is given: the spec, the base, and what was wrong with its last proposal."""

    spec: SpecView
    base_tree: str
    round: int = 0
    """0 for the first proposal, 1 after the findings of `check_plan`, and on after each refusal by a person."""
    decisions: tuple[tuple[str, str], ...] = ()
    """Questions already answered, and their answers."""
    findings: tuple[str, ...] = ()
    previous: Plan | None = None
    earlier: Earlier | None = None
    """What an earlier run of the spec left; None where it was never built."""


class Planner(Protocol):
    """The Pro-tier role that cuts a spec into tasks. Raises ModelError subclasses and BudgetReached."""

    async def plan(self, brief: Brief) -> Plan: ...
    async def revise(self, brief: Brief) -> Revision:
        """What becomes of the plan in ``brief.earlier`` after the edit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a lead is given: the plan, what its team needs of it, and what was wrong with its last draft."""

    wants: Wants
    spec: SpecView
    plan: Plan
    base_tree: str
    decisions: tuple[tuple[str, str], ...] = ()
    number: int = 1
    """Which contract of its team this is: another one is written for tasks that are added later."""
    round: int = 0
    findings: tuple[str, ...] = ()
    previous: Draft | None = None
    runners: tuple[ScriptRunner, ...] = ()
    """Of the TypeScript and JavaScript of the base."""


class Runners(Protocol):
    """Which runners of TypeScript and JavaScript a tree has."""

    async def runners(self, tree: str) -> tuple[ScriptRunner, ...]: ...


class Lead(Protocol):
    """The Pro-tier role that writes a team's contract. Raises ModelError subclasses and BudgetReached.

    An answer that cannot be used is a draft with its trouble, not an error: work goes on without a contract.
    """

    @property
    def version(self) -> str:
        """Changes with what it is told of its work: contracts of another version are not taken over."""
        ...

    async def draft(self, assignment: Assignment) -> Draft: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A worker's question as its lead sees it; equal inquiries give prompts that are equal byte for byte."""

    key: AttemptKey
    turn: int
    question: Question
    task: Task
    spec: SpecView
    decisions: tuple[tuple[str, str], ...] = ()
    contract: tuple[Stub, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWord:
    """What a lead says to a question: an answer with the words that settle it, or the question for a person."""

    answer: str = ""
    quote: str = ""
    question: str = ""
    options: tuple[Option, ...] = ()
    recommended: int | None = None
    why: str = ""
    """What is missing, where it passes the question on."""


class Consulted(Protocol):
    """The Pro-tier role that workers' questions come to first. Raises ModelError subclasses and BudgetReached."""

    async def consider(self, inquiry: Inquiry) -> LeadWord: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that may reach a worker's prompts; equal jobs give prompts that are equal byte for byte."""

    key: AttemptKey
    task: Task
    spec: SpecView
    rung: str
    base_tree: str
    begun: str = ""
    """The tree that its workspace begins with where that is more than its base."""
    locked: tuple[LockedTest, ...] = ()
    """Without the secret ones."""
    decisions: tuple[tuple[str, str], ...] = ()
    """Questions already answered, and their answers."""
    digest: str = ""
    """What failed on the rung before."""
    contract: tuple[Stub, ...] = ()
    """Stubs of its team, and those of other teams that were written for one of its tasks."""
    steering: tuple[tuple[int, str], ...] = ()
    """Sentences of a person, each with the turn that heard it first; those of turn 0 stand in the first prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a worker's turn came to. ``call`` is the id of the tool call that waits for the graph's reply, if any."""

    kind: Literal["continue", "submit", "ask", "stuck"]
    text: str = ""
    question: Question | None = None
    call: str = ""


Teller = Literal["person", "lead", "rules"]
"""Who answers a worker's question; ``rules`` say why it cannot be asked so."""


class Worker(Protocol):
    """The Flash-tier role that writes code. Its history lives in the call journal, never in graph state."""

    async def work(self, job: Job, workspace: Workspace, *, turn: int) -> None:
        """One model call: the pack, then every earlier turn and its results. Done at once if the journal has it."""
        ...

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: "TestRun") -> Move:
        """Run the tool calls of this turn's reply; their results are in the journal when it returns."""
        ...

    def has_begun(self, key: AttemptKey, *, turn: int) -> bool:
        """Whether this turn's model call was begun already, so that nothing may be added to its prompt."""
        ...

    def tell(self, job: Job, *, turn: int, call: str, text: str, by: Teller = "person") -> None:
        """The result of a submit or an ask of this turn: why the gate was red, or what ``by`` answered."""
        ...


TestRun = Callable[[], Awaitable[tuple[bool, str]]]
"""Judges the workspace as it stands for a worker's `test` tool; returns whether it passed and what to say."""


class Critic(Protocol):
    """The Flash-tier role that reads green patches. Raises ModelError subclasses and BudgetReached."""

    async def read(self, job: Job, shown: Shown, *, before: Sequence[Reading], turn: int) -> Opinion:
        """What speaks against a patch, after what it said of earlier states of it."""
        ...

    async def choose(self, job: Job, diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """The better one of several green patches for one task; None where it cannot tell."""
        ...
