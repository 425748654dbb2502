"""What each node of a run does, from reading the base to the delivered branch; safe to run again after a kill."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from .beginning import Beginning
from .brake import Brake
from .clarifying import Clarifying
from .errors import AgentctlError, BudgetReached
from .nouns.events import (
    BudgetRaised,
    CancelAsked,
    Fact,
    PlanApproved,
    Planned,
    QuestionAsked,
    RunMoved,
)
from .nouns.keys import integration_branch
from .nouns.plan import Estimate, Finding, Plan, SpecView
from .nouns.questions import Asked, Question
from .nouns.runs import RunSettings, RunState
from .ports import Brief, Git, Planner, Store
from .rules import asking
from .rules.checks import assign_checks
from .rules.critical_path import acyclic
from .rules.estimate import estimate
from .rules.plan_check import check_plan
from .rules.revision import findings as check_revision
from .rules.revision import revised, untouched
from .rules.small_plan import small_plan
from .run_view import START, earlier_of
from .state import RunGraphState, RunUpdate

Build = Callable[[], Awaitable[Literal["done", "cancelled"]]]
CALLS_PER_TASK = 4.0
"""Worker calls a task takes as a rule: a first edit, a look at the tests, a repair, a submit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSteps:
    """The steps, on the parts they need."""

    run: str
    spec: SpecView
    settings: RunSettings
    store: Store
    git: Git
    beginning: Beginning
    clarifying: Clarifying
    planner: Planner
    brake: Brake
    build_tasks: Build
    close_trace: Callable[[], Awaitable[None]]
    """Commits the lock of the spec on top of what landed."""
    usd_per_call: float | None
    """What a Flash call costs as a rule; None where no price is known."""

    async def intake(self, state: RunGraphState) -> RunUpdate:
        """Start the branch, at a commit with a verdict of its own."""
        self.brake.check()
        await self.beginning.begin()
        return {"route": "clarify"}

    async def clarify(self, state: RunGraphState) -> RunUpdate:
        """Ask what the spec leaves open, all of it at once; planning waits for what has no default."""
        self.brake.check()
        try:
            waiting = await self.clarifying.open_question()
        except AgentctlError as trouble:
            return self._hindered(trouble)
        if waiting is None:
            return {"route": "plan"}
        self._move("waiting")
        return {"question": waiting, "route": "ask"}

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
            decisions=self.clarifying.decisions(),
            findings=tuple(findings),
            previous=self.store.plan(),
            earlier=earlier_of(self.store),
        )
        try:
            plan = await self._made(brief)
        except AgentctlError as trouble:
            return self._hindered(trouble)
        self._propose(plan)
        return {"route": "check_plan", "round": state["round"] + 1}

    def _hindered(self, trouble: AgentctlError) -> RunUpdate:
        """A model that cannot be asked is a question to a person, who may raise the cap or have it tried again."""
        if isinstance(trouble, BudgetReached):
            number = self._asked("budget:")
            question = asking.budget_question(message=str(trouble), missing_usd=trouble.missing_usd, number=number)
        else:
            cause = type(trouble).__name__
            number = self._asked(f"trouble:{cause}:")
            question = asking.trouble_question(cause=cause, message=str(trouble), number=number, planning=True)
        return self._ask(question)

    async def _made(self, brief: Brief) -> Plan:
        """A plan of the whole spec, or of what an edit of it touches."""
        if brief.earlier is None:
            return await self.planner.plan(brief)
        return revised(untouched(brief.earlier) or await self.planner.revise(brief), brief.earlier)

    async def check_plan(self, state: RunGraphState) -> RunUpdate:
        """Findings of code go back to the planner once, then to a person; a sound plan goes to approval."""
        plan, earlier = self._plan(), earlier_of(self.store)
        paths = tuple(await self.git.entries(await self.git.tree_of(self.store.choice(START) or "")))
        if earlier is None:
            findings = check_plan(plan, self.spec, paths)
        else:
            findings = check_revision(plan, earlier, self.spec, paths)
        if findings and not state["mended"] and not self.spec.small:
            return {"route": "plan", "mended": True, "findings": self._findings(findings)}
        if findings or not (self.settings.approve or self.spec.small or not plan.tasks):
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
            return self._stop("a person gave up on planning") if given_up else {"route": "clarify"}
        return self._hear_plan(asked, asked.answer)

    def _hear_plan(self, asked: Asked, answer: str) -> RunUpdate:
        reply = asking.read_plan_answer(answer)
        match reply.kind:
            case "approve" if not asking.may_approve(asked.question):
                return {"route": "check_plan", "mended": True}
            case "approve":
                self._say(PlanApproved(), author=asked.answered_by or "person")
                return {"route": "build"}
            case "stop":
                return self._stop("a person stopped it at the plan")
            case "refuse":
                return {"route": "plan", "findings": self.store.put_blob(reply.text), "mended": False}
            case "edited":
                edited, shown = msgspec.json.decode(reply.text, type=Plan), self._plan()
                edited = replace(edited, kept=shown.kept, dropped=shown.dropped)
                self._propose(edited, author=asked.answered_by or "person")
                return {"route": "check_plan", "mended": True}

    def _hear_budget(self, answer: str) -> RunUpdate:
        reply = asking.read_budget_answer(answer)
        if reply.kind == "stop":
            return self._stop("a person stopped it at the budget")
        if reply.kind == "raise":
            self._say(BudgetRaised(usd=reply.usd))
        return {"route": "clarify"}

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
        """The tip has a passing verdict, or the run did not end well; then the trace is written on top of it."""
        branch = integration_branch(self.run)
        tree = await self.git.tree_of((await self.git.refs(branch))[branch])
        verdict = self.store.verdict_of_tree(tree)
        if verdict is None or not verdict.passed:
            raise LookupError(f"{branch} points at a tree without a passing verdict")
        await self.close_trace()
        return {"route": "deliver"}

    async def deliver(self, state: RunGraphState) -> RunUpdate:
        """The branch is the delivery; say what was left out."""
        dropped = [status.task.id for status in self.store.tasks() if status.state == "dropped"]
        if dropped:
            self._say(RunMoved(state="failed", reason=f"left out: {', '.join(dropped)}"))
        else:
            self._say(RunMoved(state="done"))
        return {"route": "end"}

    def _propose(self, plan: Plan, *, author: str = "planner") -> None:
        if acyclic(plan):  # what is wrong with a circle, check_plan says
            plan = assign_checks(plan, self.spec.locked)
        self._say(Planned(plan=plan, estimate=self._estimate(plan)), author=author)

    def _estimate(self, plan: Plan) -> Estimate:
        return estimate(
            plan if acyclic(plan) else replace(plan, tasks=()),
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
