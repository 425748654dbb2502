"""What each node of an attempt does: one model call or one side effect, and safe to run again after a kill.

What a step did before the kill is found in the call journal, in git, or in the tables; the workspace is brought back to
the tree that the last finished step left.
"""

from dataclasses import dataclass, field

from . import faults
from .admission import Admission
from .bases import hermetic_base
from .brake import Brake
from .carried import begun_with
from .consulting import Consulting
from .curtain import Curtain
from .errors import AgentctlError, DiskFull, PolicyViolation, WorkerStuck
from .following import Following
from .hands import BY_HAND, Obeying
from .keeping import Keeping
from .landing import secret
from .merge_queue import Landings
from .nouns.events import (
    Acted,
    AttemptStarted,
    Chosen,
    Noted,
    QuestionRaised,
)
from .nouns.hands import PERSON
from .nouns.keys import AttemptKey
from .nouns.questions import Asked, Question
from .nouns.runs import Limits
from .nouns.verdicts import Expectation, Verdict
from .obstacles import Obstacles, moved
from .old_tests import OldTests
from .ports import Clock, FirstLook, Gate, Git, Job, Move, Store, Teller, Worker, Workspace, Workspaces
from .racing import Races
from .reopening import Reopening
from .reuse import Reuse
from .reviewing import Reviewing
from .rules import asking
from .rules.quoting import LEAD
from .rules.review import MOST_BLOCKS
from .run_view import BEGUN, LADDER, RunView
from .slots import Slots
from .state import TaskState, TaskUpdate, attempt_key
from .taking_back import TakingBack
from .widening import Widenings

REUSED = "reused"
"""Stands for the tool call that waits while a patch of an earlier run is judged: there is no worker to tell."""
TAKES_OVER = "takes over the patch of an earlier run"
"""What such an attempt does, as its log has it."""
_SAID_SINCE = "The gate is green. A person has said something since: read it, do what it asks, and submit again."


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSteps:
    """The steps, on the parts they need."""

    run: str
    view: RunView
    store: Store
    git: Git
    judge: Gate
    first_look: FirstLook | None
    workspaces: Workspaces
    curtain: Curtain
    worker: Worker
    queue: Landings
    clock: Clock
    brake: Brake
    limits: Limits
    slots: Slots
    reuse: Reuse
    races: Races
    reviewing: Reviewing
    keeping: Keeping
    hands: Obeying
    consulting: Consulting
    reopening: Reopening
    taking_back: TakingBack
    following: Following
    widenings: Widenings
    admission: Admission
    obstacles: Obstacles
    open: dict[str, Workspace] = field(default_factory=dict)
    """The workspaces this process has open, by attempt."""

    def answered(self, question: str) -> bool:
        """Whether a person, or a policy, has replied."""
        asked = self.store.question(question)
        return asked is not None and asked.answer is not None

    async def pack(self, state: TaskState) -> TaskUpdate:
        """Choose the base and the decisions that this attempt will ever see."""
        self.brake.check()
        key = attempt_key(state)
        if (task := self.view.plan.task(key.task)).by_code:
            tree, trouble = await (self.taking_back if task.reverts else self.following).start(key)
            return self._give_up(trouble) if trouble else {"tree": tree, "call": BY_HAND, "route": "gate"}
        if state["rung"] == PERSON:
            if free := self.reopening.unlocked(key.task, self.view.answered(key.task)):
                self.store.append(*free, author="driver")
            return {"tree": await self.hands.begin(key, base=self._base), "call": BY_HAND, "route": "gate"}
        await self.slots.take(str(key), priority=self._priority(key))
        self.brake.check()
        started = self.store.attempt(key)
        if started is None:
            decisions = self.view.known_to(key)
            base = await self._base(key.task)
            if self.races.lost(key) or not self.hands.lets_begin(key, state["rung"]):
                return {"route": "end"}
            self.store.append(
                *self.reopening.unlocked(key.task, decisions),
                AttemptStarted(key=key, rung=state["rung"], base_tree=base, decisions=decisions),
                Chosen(key=f"{LADDER}{key.task}", value=",".join(self.view.ladder(key.task))),
                Chosen(key=f"decisions:{key}", value=" ".join(decisions)),
                *self.hands.rung_given(key),
                author="driver",
            )
        else:
            decisions, base = started.decisions, started.base_tree
        self.widenings.give(key, decisions)
        old = await self.reuse.patch_for(key)
        if old is not None:
            self.store.append(Acted(key=key, turn=0, text=TAKES_OVER), author="driver")
            return {"tree": old, "call": REUSED, "route": "collect"}
        begun = await begun_with(self.view.job(key), view=self.view, git=self.git)
        if begun != base:
            self.store.append(Chosen(key=f"{BEGUN}{key}", value=begun), author="driver")
        return {"tree": await self.curtain.shown(begun), "route": "work"}

    async def work(self, state: TaskState) -> TaskUpdate:
        """One model call."""
        self.brake.check()
        key = attempt_key(state)
        if self.races.lost(key) or self.races.held_back(key, state["turn"]):
            return {"route": "race"}
        if self.reopening.held_back(key, state["turn"]):
            self.slots.give(str(key))
            await self.reopening.end_of(key)
            return await self._overtaken(key, state)
        if self.hands.held_at(key, state["turn"]):
            self.slots.give(str(key))
            await self.hands.end_of(key)
            return {"route": "end"}
        if state["turn"] >= self.limits.turns:
            return self._give_up(f"It used all of its {self.limits.turns} turns without a green gate.")
        await self.hands.go(key, slots=self.slots, priority=self._priority(key))
        if not self.worker.has_begun(key, turn=state["turn"]):
            self.hands.hear(key, state["turn"])
        workspace = await self._workspace(key, state["tree"])
        try:
            await self.worker.work(self.view.job(key), workspace, turn=state["turn"])
        except WorkerStuck as stuck:
            return self._give_up(str(stuck))
        except DiskFull:
            raise
        except AgentctlError as met:
            return self._ask(key, met)
        return {"route": "act"}

    async def act(self, state: TaskState) -> TaskUpdate:
        """Run the tool calls of this turn's reply; the state keeps the tree they leave behind."""
        self.brake.check()
        key, turn = attempt_key(state), state["turn"]
        job = self.view.job(key)
        workspace = await self._workspace(key, state["tree"])

        async def test() -> tuple[bool, str]:
            made = await self.keeping.with_locked(job, await self.keeping.real(job, await workspace.snapshot()))
            if early := await self._first_look(job, made):
                return False, "\n\n".join(early)
            verdict = await self._judge(key, made)
            return verdict.passed, "\n\n".join(verdict.reasons)

        move = await self.worker.act(job, workspace, turn=turn, test=test)
        try:
            tree = await workspace.snapshot()
        except PolicyViolation as violation:
            await workspace.restore(state["tree"])
            tree = state["tree"]
            self.worker.tell(job, turn=turn, call="", text=f"Everything this turn wrote was undone. {violation}")
            move = Move(kind="continue", text="undone: the tree policy was broken")
        if self.races.lost(key):
            return {"tree": tree, "route": "race"}
        if move.question is not None and (why := await self.widenings.refused(job, move.question, turn=turn)):
            self.worker.tell(job, turn=turn, call=move.call, text=why, by="rules")
            move = Move(kind="continue", text="asked for files that it cannot have")
        faults.reach("act.done")
        self.store.append(Acted(key=key, turn=turn, text=move.text), author="worker")
        return self._follow(key, state, move, tree)

    def _follow(self, key: AttemptKey, state: TaskState, move: Move, tree: str) -> TaskUpdate:
        match move.kind:
            case "continue":
                return {"tree": tree, "turn": state["turn"] + 1, "route": "work"}
            case "submit":
                return {"tree": tree, "call": move.call, "route": "collect"}
            case "stuck":
                return {"tree": tree, **self._give_up(move.text)}
            case "ask":
                if move.question is None:
                    raise ValueError("a move of kind ask carries its question")
                return {"tree": tree, "call": move.call, **self._raise(key, move.question)}

    async def consult(self, state: TaskState) -> TaskUpdate:
        """Take a worker's question where it belongs: its lead answers it, or a person is asked."""
        self.brake.check()
        key = attempt_key(state)
        self.slots.give(str(key))
        question = await self.consulting.settle(key, state["question"], turn=state["turn"])
        return {"question": question, "route": "ask"}

    async def hear(self, state: TaskState) -> TaskUpdate:
        """Pass an answer on: to the worker that asked, to the budget, or to the ladder."""
        key = attempt_key(state)
        asked, known = self.consulting.heard(key, state["question"])
        if asked is None or asked.answer is None:
            return {"route": "ask"}
        self.store.append(moved(key, "working"), *known, author="driver")
        match asked.question.kind:
            case "decision" | "policy" | "plan":
                by: Teller = "lead" if asked.answered_by == LEAD else "person"
                text = self._told(key, asked)
                self.worker.tell(self.view.job(key), turn=state["turn"], call=state["call"], text=text, by=by)
                return {"turn": state["turn"] + 1, "call": "", "question": "", "route": "work"}
            case "budget":
                self.obstacles.obey_once(asked.question.key, asked.answer)
            case "escalation":
                if asked.answer.strip().lower().startswith(asking.GIVE_UP):
                    return self._give_up(asked.question.text)
        return {"question": "", "route": "work"}

    def _told(self, key: AttemptKey, asked: Asked) -> str:
        """An answer as its worker is told it: with what settles it, and with what may be written now."""
        given = self.widenings.give(key, [asked.question.key])
        own = f"You own {', '.join(given)} as well now." if given else "What you may write stays as it was."
        lines = [asked.answer or "", asked.question.evidence if asked.answered_by == LEAD else ""]
        return "\n".join(line for line in (*lines, own if asked.question.may_widen else "") if line)

    async def collect(self, state: TaskState) -> TaskUpdate:
        """Read the tree back under the tree policy, add the locked tests, and keep it by a ref."""
        self.brake.check()
        key = attempt_key(state)
        job = self.view.job(key)
        made = await self.keeping.real(job, state["tree"])
        hidden = await self.curtain.refused(state["tree"], base=job.base_tree)
        wrong = [*hidden, *await self.admission.refused(job, made)]
        if wrong and state["call"] == REUSED:
            return await self._begin_anew(key)
        if wrong:
            return self._send_back(job, state, "This was not judged:\n" + "\n".join(f"- {each}" for each in wrong))
        self.store.append(await self.keeping.kept(job, await self.keeping.with_locked(job, made)), author="worker")
        return {"route": "gate"}

    async def gate(self, state: TaskState) -> TaskUpdate:
        """Judge the patch on its own base; red goes back to the worker, in words."""
        self.brake.check()
        key = attempt_key(state)
        attempt = self.store.attempt(key)
        if attempt is None or attempt.tree is None:
            raise LookupError(f"attempt {key} reached the gate without a patch")
        self.slots.give(str(key))
        if key.rollout and self.races.is_green(attempt):
            return {"route": "race"}
        verdict = await self._judge(key, attempt.tree)
        red = "" if verdict.passed else "\n\n".join(verdict.reasons)
        if verdict.passed and state["call"] != BY_HAND:
            old = OldTests(git=self.git, view=self.view, gate=self.judge)
            red = await old.red_in(self.view.job(key), attempt.tree)
            if red and self.view.spec.small and state["repairs"]:
                # A sentence may be at odds with a test that is there; who insists on it lands, and the person is told.
                self.store.append(Noted(text=f"{key.task} changes what was tested before:\n{red}"), author="gate")
                red = ""
        if not red and key.rollout:
            self.races.green(key, attempt.tree)
            return {"route": "race"}
        if not red:
            return self._after_green(state)
        if state["call"] == REUSED:
            return await self._begin_anew(key)
        if state["call"] == BY_HAND:
            return self._give_up(f"The gate is red:\n{red}")
        return self._send_back(self.view.job(key), state, f"The gate is red:\n{red}")

    async def race(self, state: TaskState) -> TaskUpdate:
        """One green rollout of an attempt goes on; the others are let go, and wait here for that in a replay."""
        self.brake.check()
        key = attempt_key(state)
        self.slots.give(str(key))
        if self.races.is_tied(key) and self.reviewing.reads(key):
            await self.hands.unpaused(key)
        if not self.races.held_back(key, state["turn"]) and await self.races.is_won_by(key):
            return self._after_green(state)
        await self.races.end_of(key)
        return await self._overtaken(key, state)

    async def review(self, state: TaskState) -> TaskUpdate:
        """One call of the critic; what it can show goes back to the worker, the rest is a note."""
        self.brake.check()
        key, blocks = attempt_key(state), state.get("blocks", 0)
        await self.hands.go(key, slots=self.slots, priority=self._priority(key))
        job = self.view.job(key)
        may_block = blocks < MOST_BLOCKS and state["repairs"] < self.limits.repairs
        found = await self.reviewing.review(job, turn=state["turn"], may_block=may_block)
        if not found.blocked:
            return {"route": "land"}
        return {"blocks": blocks + 1, **self._send_back(job, state, found.blocked, author="critic")}

    async def land(self, state: TaskState) -> TaskUpdate:
        """Wait for the queue; a patch that clashed is done again by a new attempt.

        What ends an attempt and what lets one land are decided without anything in between: who has joined the queue
        lands, and who is to be ended does not join.
        """
        self.brake.check()
        key = attempt_key(state)
        self.slots.give(str(key))
        if self._is_to_end(key):
            await self.reopening.end_of(key)
            return await self._overtaken(key, state)
        if self.hands.unheard(key):
            text = f"{key.task} lands as it was read: what was said to it since, it has not heard (`revert`, `amend`)"
            self.store.append(Noted(text=text), author="driver")
        await self.queue.submit(key)
        await self._close(key)
        return {"route": "end"}

    def _is_to_end(self, key: AttemptKey) -> bool:
        """Whether a person's word or hand ends this attempt, which has not joined the queue."""
        attempt = self.store.attempt(key)
        if attempt is None or attempt.state == "queued" or attempt.rung == PERSON:
            return False
        return self.reopening.ends(key) or bool(self.hands.ends(key))

    async def escalate(self, state: TaskState) -> TaskUpdate:
        """End this attempt; the scheduler chooses the next rung."""
        key = attempt_key(state)
        self.slots.give(str(key))
        facts = await self.keeping.ended(key, state["tree"], reason=self.store.blob(state["reason"]))
        if facts:
            self.store.append(*facts, author="driver")
        await self._close(key)
        return {"route": "end"}

    async def let_go(self, key: AttemptKey, tree: str) -> None:
        """Keep what a rollout that another one overtook has made, and clear its place; safe to do again."""
        self.slots.give(str(key))
        if tree and self.store.attempt(key) is not None:
            _, kept = await self.keeping.kept_last(key, tree)
            self.store.append(*kept, author="driver")
        await self._close(key)

    async def _overtaken(self, key: AttemptKey, state: TaskState) -> TaskUpdate:
        await self.let_go(key, state["tree"])
        return {"route": "end"}

    def _after_green(self, state: TaskState) -> TaskUpdate:
        """A patch of an earlier run was read in that run, and a person's is not judged by a model.

        A worker to whom a person has said something since its last turn began is given one more turn.
        """
        key = attempt_key(state)
        if state["call"] in {REUSED, BY_HAND}:
            return {"route": "land"}
        if state["turn"] + 1 < self.limits.turns and self.hands.calls_back(key, state["turn"]):
            self.worker.tell(self.view.job(key), turn=state["turn"], call=state["call"], text=_SAID_SINCE)
            self.store.append(
                Acted(key=key, turn=state["turn"], text="green; hears what was said since"), author="gate"
            )
            return {"turn": state["turn"] + 1, "call": "", "route": "work"}
        return {"route": "review" if self.reviewing.reads(key) else "land"}

    async def _base(self, task: str) -> str:
        return await hermetic_base(task, run=self.run, git=self.git, view=self.view)

    async def _workspace(self, key: AttemptKey, tree: str) -> Workspace:
        """The attempt's workspace; after a restart it is opened on the base again and brought to ``tree``."""
        name = str(key)
        if name not in self.open:
            base = await self.curtain.shown(self.view.job(key).base_tree)
            self.open[name] = await self.workspaces.open(key, base)
            if tree != base:
                await self.open[name].restore(tree)
        return self.open[name]

    async def _close(self, key: AttemptKey) -> None:
        workspace = self.open.pop(str(key), None)
        if workspace is not None:
            await workspace.close()

    async def _judge(self, key: AttemptKey, tree: str) -> Verdict:
        locked = secret(self.view.locked([*self.view.closure(key.task), key.task]))
        return await self.judge.judge(
            tree, expectation=self._expected(key), locked=locked, key=key, priority=self._priority(key)
        )

    async def _first_look(self, job: Job, tree: str) -> tuple[str, ...]:
        if self.first_look is None:
            return ()
        expected, priority = self._expected(job.key), self._priority(job.key)
        return await self.first_look.reasons(tree, before=job.base_tree, expectation=expected, priority=priority)

    def _expected(self, key: AttemptKey) -> Expectation:
        closure = self.view.closure(key.task)
        return self.view.expectation(self.view.landed(closure), [*closure, key.task])

    def _priority(self, key: AttemptKey) -> float:
        return self.view.priorities()[key.task]

    def _send_back(self, job: Job, state: TaskState, why: str, *, author: str = "gate") -> TaskUpdate:
        """Tell the worker what was wrong; after too many times the ladder decides."""
        repairs = state["repairs"] + 1
        if repairs > self.limits.repairs:
            return {"repairs": repairs, **self._give_up(why)}
        self.worker.tell(job, turn=state["turn"], call=state["call"], text=why)
        found = why.splitlines()[1:] or [why]
        self.store.append(Acted(key=job.key, turn=state["turn"], text=f"repairs: {found[0]}"), author=author)
        return {"turn": state["turn"] + 1, "repairs": repairs, "call": "", "route": "work"}

    async def _begin_anew(self, key: AttemptKey) -> TaskUpdate:
        """Ask a worker, because a patch that was taken over does not hold here."""
        self.store.append(Acted(key=key, turn=0, text="the patch of an earlier run does not hold"), author="gate")
        return {"tree": await self.curtain.shown(self.view.job(key).base_tree), "call": "", "route": "work"}

    def _give_up(self, reason: str) -> TaskUpdate:
        return {"reason": self.store.put_blob(reason), "route": "escalate"}

    def _raise(self, key: AttemptKey, question: Question) -> TaskUpdate:
        """Keep a worker's question where it outlives this process, and park until it is answered."""
        self.store.append(QuestionRaised(key=key, question=question), moved(key, "parked"), author="worker")
        faults.reach("question.raised")
        return {"question": question.key, "route": "consult"}

    def _ask(self, key: AttemptKey, met: AgentctlError) -> TaskUpdate:
        """Ask a person about what was met, park, and give the slot back; the overtaken ask no more."""
        if self.races.lost(key):
            return {"route": "race"}
        question = self.obstacles.question(met)
        self.obstacles.ask(key, question)
        self.slots.give(str(key))
        return {"question": question.key, "route": "ask"}
