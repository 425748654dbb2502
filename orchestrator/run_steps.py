"""What each node of a run does, from reading the base to the delivered branch; safe to run again after a kill."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from .brake import Brake
from .errors import AgentctlError, BudgetReached
from .nouns.events import (
    BudgetRaised,
    CancelAsked,
    Chosen,
    Fact,
    PlanApproved,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunMoved,
)
from .nouns.keys import integration_branch
from .nouns.plan import Estimate, Finding, Plan, SpecView
from .nouns.questions import Question
from .nouns.runs import RunSettings, RunState
from .ports import Brief, Clock, Gate, Git, Planner, Store, TreeEntry
from .rules import asking
from .rules.checks import assign_checks
from .rules.estimate import estimate
from .rules.expectations import baseline
from .rules.plan_check import check_plan
from .rules.small_plan import small_plan
from .run_view import BASELINE, START
from .state import RunGraphState, RunUpdate

Build = Callable[[], Awaitable[Literal["done", "cancelled"]]]
CALLS_PER_TASK = 4.0
"""Worker calls a task takes as a rule: a first edit, a look at the tests, a repair, a submit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSteps:
    """The steps, on the parts they need."""

    run: str
    spec: SpecView
    base: str
    settings: RunSettings
    store: Store
    git: Git
    gate: Gate
    planner: Planner
    clock: Clock
    brake: Brake
    build_tasks: Build
    usd_per_call: float | None
    """What a Flash call costs as a rule; None where no price is known."""

    async def intake(self, state: RunGraphState) -> RunUpdate:
        """Start the branch: the base and the spec's fixtures, with a verdict of its own."""
        self.brake.check()
        start = self.store.choice(START) or await self._start()
        tree = await self.git.tree_of(start)
        report = await self.gate.report(tree)
        expected = baseline(report)
        await self.gate.judge(tree, expectation=expected)
        blob = self.store.put_blob(msgspec.json.encode(expected).decode())
        self._say(Chosen(key=START, value=start), Chosen(key=BASELINE, value=blob))
        branch = integration_branch(self.run)
        if branch not in await self.git.refs(branch):
            await self.git.move_ref(branch, new=start, old=None)
        return {"route": "clarify"}

    async def _start(self) -> str:
        """The commit the branch begins at."""
        if not self.spec.fixtures:
            return self.base
        tree = await self.git.tree_of(self.base)
        files = {
            path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) for path, text in self.spec.fixtures
        }
        tree = await self.git.amend_tree(tree, files)
        message = f"Input files of {self.spec.title}\n\nSpec: {self.spec.id}@{self.spec.digest[:8]}\nRun: {self.run}\n"
        return await self.git.commit(tree=tree, parents=[self.base], message=message, at=self.clock.now())

    async def clarify(self, state: RunGraphState) -> RunUpdate:
        """Ask what the author left open, all of it at once; planning waits for what has no default."""
        self.brake.check()
        for question in self.spec.questions:
            self._say(QuestionAsked(question=question), author="planner")
            reply = asking.policy_answer(question, self.settings.autonomy)
            if reply is not None and not self.answered(question.key):
                self._say(QuestionAnswered(key=question.key, answer=reply), author="policy:autonomy")
        waiting = [question.key for question in self.spec.questions if not self.answered(question.key)]
        if not waiting:
            return {"route": "plan"}
        self._move("waiting")
        return {"question": waiting[0], "route": "ask"}

    async def plan(self, state: RunGraphState) -> RunUpdate:
        """One call of the planner; none for a change so small that planning costs more than doing."""
        self.brake.check()
        self._move("planning")
        if self.spec.small:
            self._propose(small_plan(self.spec))
            return {"route": "check_plan"}
        findings = self.store.blob(state["findings"]).splitlines() if state["findings"] else []
        start = self.store.choice(START) or ""
        brief = Brief(
            spec=self.spec,
            base_tree=await self.git.tree_of(start),
            round=state["round"],
            decisions=self._decisions(),
            findings=tuple(findings),
            previous=self.store.plan(),
        )
        try:
            plan = await self.planner.plan(brief)
        except BudgetReached as reached:
            return self._ask(
                asking.budget_question(
                    message=str(reached), missing_usd=reached.missing_usd, number=self._asked("budget:")
                )
            )
        except AgentctlError as trouble:
            cause = type(trouble).__name__
            number = self._asked(f"trouble:{cause}:")
            return self._ask(asking.trouble_question(cause=cause, message=str(trouble), number=number))
        self._propose(plan)
        return {"route": "check_plan", "round": state["round"] + 1}

    async def check_plan(self, state: RunGraphState) -> RunUpdate:
        """Findings of code go back to the planner once, then to a person; a sound plan goes to approval."""
        plan = self._plan()
        tree = await self.git.tree_of(self.store.choice(START) or "")
        findings = check_plan(plan, self.spec, tuple(await self.git.entries(tree)))
        if findings and not state["mended"] and not self.spec.small:
            return {"route": "plan", "mended": True, "findings": self._findings(findings)}
        if findings or not (self.settings.approve or self.spec.small):
            return self._ask_approval(plan, findings)
        self._say(PlanApproved(), author="policy:approve")
        return {"route": "build"}

    def _ask_approval(self, plan: Plan, findings: tuple[Finding, ...]) -> RunUpdate:
        number = self._asked("plan:")
        question = asking.plan_question(plan, self._estimate(plan), number=number, findings=findings)
        return self._ask(question)

    def answered(self, question: str) -> bool:
        """Whether a person, or a policy, has replied."""
        asked = self.store.question(question)
        return asked is not None and asked.answer is not None

    async def hear(self, state: RunGraphState) -> RunUpdate:
        """Do what the answer says: build, plan again, take the edited plan, or stop."""
        asked = self.store.question(state["question"])
        if asked is None or asked.answer is None:
            return {"route": "ask"}
        if asked.question.kind == "decision":
            return {"route": "clarify"}
        if asked.question.kind == "budget":
            return self._hear_budget(asked.answer)
        if asked.question.kind == "escalation":
            given_up = asked.answer.strip().lower().startswith(asking.GIVE_UP)
            return self._stop("a person gave up on planning") if given_up else {"route": "plan"}
        reply = asking.read_plan_answer(asked.answer)
        match reply.kind:
            case "approve":
                self._say(PlanApproved(), author=asked.answered_by or "person")
                return {"route": "build"}
            case "stop":
                return self._stop("a person stopped it at the plan")
            case "refuse":
                return {"route": "plan", "findings": self.store.put_blob(reply.text), "mended": False}
            case "edited":
                self._propose(msgspec.json.decode(reply.text, type=Plan), author=asked.answered_by or "person")
                return {"route": "check_plan", "mended": True}

    def _hear_budget(self, answer: str) -> RunUpdate:
        reply = asking.read_budget_answer(answer)
        if reply.kind == "stop":
            return self._stop("a person stopped it at the budget")
        if reply.kind == "raise":
            self._say(BudgetRaised(usd=reply.usd))
        return {"route": "plan"}

    def _stop(self, reason: str) -> RunUpdate:
        self._say(CancelAsked(), RunMoved(state="cancelled", reason=reason))
        return {"route": "end"}

    async def build(self, state: RunGraphState) -> RunUpdate:
        """All tasks, in parallel, until each has landed or was dropped."""
        self._move("building")
        if await self.build_tasks() == "cancelled":
            self._say(RunMoved(state="cancelled", reason="a person cancelled it"))
            return {"route": "end"}
        return {"route": "verify"}

    async def verify(self, state: RunGraphState) -> RunUpdate:
        """The tip has a passing verdict, or the run did not end well."""
        branch = integration_branch(self.run)
        tree = await self.git.tree_of((await self.git.refs(branch))[branch])
        verdict = self.store.verdict_of_tree(tree)
        if verdict is None or not verdict.passed:
            raise LookupError(f"{branch} points at a tree without a passing verdict")
        return {"route": "deliver"}

    async def deliver(self, state: RunGraphState) -> RunUpdate:
        """The branch is the delivery; say what was left out."""
        dropped = [status.task.id for status in self.store.tasks() if status.state == "dropped"]
        if dropped:
            self._say(RunMoved(state="failed", reason=f"left out: {', '.join(dropped)}"))
        else:
            self._say(RunMoved(state="done"))
        return {"route": "end"}

    def _decisions(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (asked.question.text, asked.answer)
            for asked in self.store.questions()
            if asked.question.kind == "decision" and asked.answer is not None
        )

    def _propose(self, plan: Plan, *, author: str = "planner") -> None:
        plan = assign_checks(plan, self.spec.locked)
        self._say(Planned(plan=plan, estimate=self._estimate(plan)), author=author)

    def _estimate(self, plan: Plan) -> Estimate:
        return estimate(
            plan,
            workers=self.settings.limits.workers,
            calls_per_task=CALLS_PER_TASK,
            usd_per_call=self.usd_per_call,
        )

    def _plan(self) -> Plan:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("there is no plan to look at yet")
        return plan

    def _findings(self, findings: tuple[Finding, ...]) -> str:
        return self.store.put_blob("\n".join(f"{each.task or 'plan'}: {each.message}" for each in findings))

    def _asked(self, prefix: str) -> int:
        """How many questions of this kind were answered: the number of the next one."""
        return sum(
            1 for each in self.store.questions() if each.question.key.startswith(prefix) and each.answer is not None
        )

    def _ask(self, question: Question) -> RunUpdate:
        self._say(QuestionAsked(question=question))
        self._move("waiting")
        return {"question": question.key, "route": "ask"}

    def _move(self, state: RunState) -> None:
        if self.store.run().state != state:
            self._say(RunMoved(state=state))

    def _say(self, *facts: Fact, author: str = "driver") -> None:
        self.store.append(*facts, author=author)
