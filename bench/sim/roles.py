"""Planner, worker and model in memory: what they do follows from a seed and the key of the call, never from timing."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from ...agents.models.errors import Disconnected
from ...agents.models.port import Message, Model, Reply, Request, Usage
from ...orchestrator.nouns.earlier import Revision
from ...orchestrator.nouns.keys import AttemptKey, CallKey
from ...orchestrator.nouns.plan import Plan
from ...orchestrator.nouns.questions import Question
from ...orchestrator.ports import Brief, Clock, Job, Move, TestRun, Workspace
from ...orchestrator.store.journal import Journal
from .consulted import considered
from .leads import drafted
from .plans import wanted, written_by

USELESS = 0.1
"""Share of a critic's answers that cannot be read."""
PATIENT = 2
"""The turn from which on a worker's patch is no longer red by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How often the simulated worker does what (shares of 1)."""

    bad: float = 0.2
    """Submits a patch that is red by itself."""
    hates: float = 0.15
    """Submits a patch that is red together with another task's."""
    asks: float = 0.1
    objects: float = 0.3
    """As a critic: quotes a requirement against a patch, which sends it back."""
    loses: float = 0.0
    """Of all messages to the model: half never arrive, and of the others the reply never comes."""
    seconds: tuple[float, float] = (0.5, 4.0)
    """The range of a call's latency."""
    usd: float = 0.01


class MemoryModel:
    """The Model port: answers by seed and key, takes time, and counts how often each key was answered."""

    def __init__(self, *, seed: int, habits: Habits, clock: Clock, tasks: int) -> None:
        self.usd = habits.usd
        self.loses = habits.loses
        self._seed = seed
        self._habits = habits
        self._clock = clock
        self._tasks = tasks
        self._sent = 0
        self.answered: dict[str, int] = {}
        self.asking: set[str] = set()
        """Tasks whose first turn is a question, whatever the habits."""
        self.always_bad: set[str] = set()
        """Tasks, or single attempts, whose patches are all red."""
        self.leaning: dict[str, str] = {}
        """Tasks whose patches are red without the file of another."""

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """A worker's turn as JSON: what to write, and whether to ask or to submit."""
        chance = random.Random(f"{self._seed}/{key}")
        seconds = chance.uniform(*self._habits.seconds)
        await self._clock.sleep(seconds)
        self._lose(key, arrived=False)
        self.answered[str(key)] = self.answered.get(str(key), 0) + 1
        self._lose(key, arrived=True)
        text = json.dumps(self._said(key, request, chance))
        usage = Usage(prompt=sum(len(each.text) for each in request.messages), completion=len(text))
        return Reply(text=text, calls=(), usage=usage, model="memory", usd=self._habits.usd, seconds=seconds)

    def _lose(self, key: CallKey, *, arrived: bool) -> None:
        """Raise Disconnected where the request or its reply is lost: another time, another chance."""
        self._sent += 1
        if random.Random(f"{self._seed}/{key}/{self._sent}").random() < self.loses / 2:
            raise Disconnected("the connection was cut", usd=None if arrived else 0.0)

    def _said(self, key: CallKey, request: Request, chance: random.Random) -> dict[str, object]:
        if key.role == "lead" and not key.attempt.task.startswith("team-"):
            return considered(key, chance)
        if key.role == "lead":
            return drafted(key, request.messages[1].text, chance)
        return self._criticism(key, chance) if key.role.startswith("critic") else self._turn(key, chance)

    def _criticism(self, key: CallKey, chance: random.Random) -> dict[str, object]:
        """A choice between rollouts, or an opinion of a patch; one in ten is of no use."""
        if chance.random() < USELESS:
            return {"claims": "none"}
        if key.role != "critic":
            return {"choice": chance.randint(1, 3), "why": "so"}
        task = key.attempt.task
        claim = {"requirement": f"R{task[1:]}", "quote": wanted(task), "line": f"+src/{task}.txt", "why": "so"}
        return {"claims": [claim] if chance.random() < self._habits.objects else [], "advice": ["see to it"]}

    def _turn(self, key: CallKey, chance: random.Random) -> dict[str, object]:
        task = key.attempt.task
        if key.turn == 0 and (chance.random() < self._habits.asks or task in self.asking):
            return {"kind": "ask"}
        words = [f"turn:{key.turn}"]
        if {task, str(key.attempt)} & self.always_bad or (key.turn < PATIENT and chance.random() < self._habits.bad):
            words.append("bad")
        elif chance.random() < self._habits.hates:
            words.append(f"hates:T{chance.randint(1, self._tasks)}")
        if task in self.leaning:
            words.append(f"leans:{self.leaning[task]}")
        return {"kind": "submit", "words": words}


class MemoryWorker:
    """The Worker port on any Model: one file a task."""

    def __init__(self, *, model: Model, journal: Journal) -> None:
        self._model = model
        self._journal = journal

    async def work(self, job: Job, workspace: Workspace, *, turn: int) -> None:
        """Ask the model; the prompt names the task, the turn, and how many files it sees."""
        said = f", said {job.steering}" if job.steering else ""
        text = f"{job.task.id} turn {turn}, {len(workspace.paths())} files, decisions {job.decisions}{said}"
        request = Request(tier="flash", messages=(Message(role="user", text=text),), max_tokens=100)
        await self._model.complete(self._key(job, turn), request)

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: TestRun) -> Move:
        """Write the file as told; what it sees in its base it knows."""
        call = self._journal.call(self._key(job, turn))
        if call is None or call.reply is None:
            raise LookupError(f"{job.key} acts on a reply that is not in the journal")
        told = json.loads(json.loads(call.reply)["text"])
        if told["kind"] == "ask":
            question = Question(
                key=f"about:{job.task.id}", kind="decision", text=f"{job.task.id}?", asked_by=str(job.key)
            )
            return Move(kind="ask", text="asked", question=question, call="ask")
        seen = [path.removeprefix("src/").removesuffix(".txt") for path in workspace.paths() if path.startswith("src/")]
        by = [f"by:{job.key.rollout}"] if job.key.rollout else []
        words = [*told["words"], *by, *(f"knows:{each}" for each in seen)]
        workspace.write(written_by(job.task), " ".join(words).encode())
        if turn == 1:
            await test()
        return Move(kind="submit", text="submitted", call="submit")

    def has_begun(self, key: AttemptKey, *, turn: int) -> bool:
        """Whether the journal has this turn's call, and not as one that failed."""
        call = self._journal.call(CallKey(attempt=key, role="worker", turn=turn))
        return call is not None and call.state != "failed"

    def tell(self, job: Job, *, turn: int, call: str, text: str, by: str = "person") -> None:
        """Keep the reply to a submit or an ask, whoever gave it."""
        del by
        self._journal.set_result(job.key, turn, call, text)

    def _key(self, job: Job, turn: int) -> CallKey:
        return CallKey(attempt=job.key, role="worker", turn=turn)


class MemoryPlanner:
    """The Planner port: the plan it is told to give, the seconds it thinks, and the briefs it was given."""

    def __init__(self, give: Callable[[], Plan], *, clock: Clock) -> None:
        self._give = give
        self._clock = clock
        self.seconds = 0.0
        self.briefs: list[Brief] = []
        self.revision = Revision(summary="nothing is kept")

    async def plan(self, brief: Brief) -> Plan:
        """The plan, whatever the brief."""
        self.briefs.append(brief)
        await self._clock.sleep(self.seconds)
        return self._give()

    async def revise(self, brief: Brief) -> Revision:
        """The revision, whatever the brief."""
        self.briefs.append(brief)
        await self._clock.sleep(self.seconds)
        return self.revision
