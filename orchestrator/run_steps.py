"""What each node of a run does, from reading the base to the delivered branch; safe to run again after a kill."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import msgspec

from .amending import Amending
from .beginning import Beginning
from .brake import Brake
from .clarifying import Clarifying
from .contracting import Contracting
from .errors import AgentctlError, BudgetReached, DiskFull, GitError, SandboxUnavailable, ServiceFailed
from .foreseeing import Foreseeing
from .nouns.events import BudgetRaised, Fact, PlanApproved, Planned, PlanRefused, QuestionAsked, RunMoved
from .nouns.hand_facts import CancelAsked
from .nouns.keys import RECORDED, integration_branch
from .nouns.plan import Conflict, Estimate, Finding, Plan, SpecView
from .nouns.questions import Asked, Question
from .nouns.runs import RunSettings, RunState
from .nouns.verdicts import Verdict
from .ports import Brief, Git, Planner, Store
from .rules import asking
from .rules.approval import approved_by
from .rules.checks import assign_checks
from .rules.conflicts import conflict_findings
from .rules.contract_needs import wants
from .rules.critical_path import acyclic
from .rules.estimate import Prices, estimate, is_priced, others
from .rules.forecast import Past
from .rules.ladder import first_rungs
from .rules.outside_cap import OUTSIDE_CAP
from .rules.plan_check import check_plan
from .rules.revision import findings as check_revision
from .rules.revision import revised, untouched
from .rules.sizing import counterfactual, sizing_findings
from .rules.small_plan import small_plan
from .run_view import START, WORKERS, earlier_of
from .state import RunGraphState, RunUpdate

Build = Callable[[], Awaitable[Literal["done", "cancelled", "amended"]]]
CHECKED_BY = "policy:plan check"
"""The author of a refusal by code."""
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
    contracting: Contracting
    foreseeing: Foreseeing
    amending: Amending
    brake: Brake
    build_tasks: Build
    close_trace: Callable[[], Awaitable[None]]
    """Commits the lock of the spec on top of what landed."""
    prices: Prices
    """What a call costs as a rule, by tier; empty where no price is known."""
    past: Callable[[], Past] = Past
    """What earlier runs teach about how long and how dear attempts are."""

    async def intake(self, state: RunGraphState) -> RunUpdate:
        """Start the branch, at a commit with a verdict of its own; a run that is opened again has its plan already."""
        self.brake.check()
        await self.beginning.begin()
        return {"route": "amend" if self.store.approved() else "clarify"}

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
            await self._propose(small_plan(self.spec))
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
        await self._propose(plan)
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
        paths = await self._paths()
        if earlier is None:
            findings = check_plan(plan, self.spec, paths)
        else:
            findings = check_revision(plan, earlier, self.spec, paths)
        conflicts = await self._conflicts(plan)
        if earlier is None and not findings and not state["mended"] and not self.spec.small:
            findings = (*sizing_findings(plan, workers=self._workers()), *conflict_findings(conflicts))
        if findings and not state["mended"] and not self.spec.small:
            reasons = tuple(f"{each.task or 'plan'}: {each.message}" for each in findings)
            self._refuse(*reasons, author=CHECKED_BY)
            return {"route": "plan", "mended": True, "findings": self.store.put_blob("\n".join(reasons))}
        likely = self._estimate(plan, paths)
        policy = approved_by(plan, likely, spec=self.spec, settings=self.settings)
        if findings or policy is None:
            return self._ask_approval(plan, likely, findings, conflicts)
        self._say(PlanApproved(), author=policy)
        return {"route": "contract"}

    def _ask_approval(
        self, plan: Plan, likely: Estimate, findings: tuple[Finding, ...], conflicts: tuple[Conflict, ...]
    ) -> RunUpdate:
        number = self._asked("plan:")
        question = asking.plan_question(plan, likely, number=number, findings=findings, conflicts=conflicts)
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
            return self._stop("a person gave up on planning") if given_up else self._again()
        return await self._hear_plan(asked, asked.answer)

    async def _hear_plan(self, asked: Asked, answer: str) -> RunUpdate:
        reply = asking.read_plan_answer(answer)
        match reply.kind:
            case "approve" if not asking.may_approve(asked.question):
                return {"route": "check_plan", "mended": True}
            case "approve":
                self._say(PlanApproved(), author=asked.answered_by or "person")
                return {"route": "contract"}
            case "stop":
                return self._stop("a person stopped it at the plan")
            case "refuse":
                self._refuse(reply.text, author=asked.answered_by or "person")
                return {"route": "plan", "findings": self.store.put_blob(reply.text), "mended": False}
            case "edited":
                edited, shown = msgspec.json.decode(reply.text, type=Plan), self._plan()
                edited = replace(edited, kept=shown.kept, dropped=shown.dropped)
                await self._propose(edited, author=asked.answered_by or "person")
                return {"route": "check_plan", "mended": True}

    def _hear_budget(self, answer: str) -> RunUpdate:
        reply = asking.read_budget_answer(answer)
        if reply.kind == "stop":
            return self._stop("a person stopped it at the budget")
        if reply.kind == "raise":
            self._say(BudgetRaised(usd=reply.usd))
        return self._again()

    def _again(self) -> RunUpdate:
        """Back to where a model could not be asked: once a plan is approved, that was a lead or an amendment."""
        return {"route": "amend" if self.store.approved() else "clarify"}

    def _stop(self, reason: str) -> RunUpdate:
        self._say(CancelAsked(), RunMoved(state="cancelled", reason=reason))
        return {"route": "end"}

    async def contract(self, state: RunGraphState) -> RunUpdate:
        """What the leads write before their workers start; nothing for teams that need nothing."""
        self.brake.check()
        if await self.contracting.wanted():
            self._move("building")
        try:
            await self.contracting.make()
        except (SandboxUnavailable, ServiceFailed, DiskFull, GitError):
            raise
        except AgentctlError as trouble:
            return self._hindered(trouble)
        return {"route": "build"}

    async def amend(self, state: RunGraphState) -> RunUpdate:
        """A task for each sentence that a person added since the plan was made; nothing where nobody did.

        Raises SpecAmended where the spec that was read is older than that.
        """
        self.brake.check()
        try:
            await self.amending.place(partial(self._estimate, paths=await self._paths()))
        except (DiskFull, GitError):
            raise
        except AgentctlError as trouble:
            return self._hindered(trouble)
        return {"route": "contract"}

    async def build(self, state: RunGraphState) -> RunUpdate:
        """All tasks, in parallel, until each has landed or was dropped, or a sentence was added and nothing goes on."""
        self._move("building")
        match await self.build_tasks():
            case "cancelled":
                self._say(RunMoved(state="cancelled", reason="a person cancelled it"))
                return {"route": "end"}
            case "amended":
                return {"route": "amend"}
            case "done":
                return {"route": "verify"}

    async def verify(self, state: RunGraphState) -> RunUpdate:
        """The tip has a passing verdict, or the run did not end well; then the trace is written on top of it."""
        verdict = await self._of_tip()
        # A red one is the whole gate's, from before a kill: each landing had a passing one, of the parts it needs.
        if verdict is None or not (verdict.passed or self.store.run().settings.gates):
            raise LookupError(f"{integration_branch(self.run)} points at a tree without a passing verdict")
        await self.close_trace()
        return {"route": "deliver"}

    async def deliver(self, state: RunGraphState) -> RunUpdate:
        """The branch is the delivery; say what was left out, and what was taken back."""
        statuses = self.store.tasks()
        gone = {status.task.reverts for status in statuses if status.state == "landed"}
        dropped = [each.task.id for each in statuses if each.state == "dropped" and not each.task.by_code]
        left = [task for task in dropped if task not in gone]
        words = {"left out": left, "taken back": [task for task in dropped if task in gone]}
        reasons = [f"{what}: {', '.join(tasks)}" for what, tasks in words.items() if tasks]
        verdict = await self._of_tip()
        if verdict is not None and not verdict.passed:
            reasons.append(f"the whole gate is red: {next(iter(verdict.reasons), 'it gave no reason')}")
        reason = "; ".join(reasons)
        self._say(RunMoved(state="failed" if reason else "done", reason=reason))
        return {"route": "end"}

    async def _of_tip(self) -> Verdict | None:
        """The latest verdict on what the branch points at."""
        branch = integration_branch(self.run)
        return self.store.verdict_of_tree(await self.git.tree_of((await self.git.refs(branch))[branch]))

    async def _propose(self, plan: Plan, *, author: str = "planner") -> None:
        if acyclic(plan):  # what is wrong with a circle, check_plan says
            plan = assign_checks(plan, self.spec.locked)
        conflicts = await self._conflicts(plan)
        likely = self._estimate(plan, await self._paths())
        self._say(Planned(plan=plan, estimate=likely, conflicts=conflicts), author=author)

    async def _conflicts(self, plan: Plan) -> tuple[Conflict, ...]:
        return await self.foreseeing.conflicts(plan, self.spec, self.store.choice(START) or "")

    def _refuse(self, *reasons: str, author: str) -> None:
        """Say that the latest proposal goes back; once, though a killed driver comes here again."""
        said = [event.fact for event in self.store.events() if isinstance(event.fact, Planned | PlanRefused)]
        if said and isinstance(said[-1], Planned):
            number = sum(isinstance(fact, PlanRefused) for fact in said) + 1
            self._say(PlanRefused(number=number, reasons=reasons), author=author)

    def _workers(self) -> int:
        """How many the plan is for; in a replay as many as when it was recorded."""
        return int(self.store.choice(f"{RECORDED}{WORKERS}") or self.settings.limits.workers)

    def _estimate(self, plan: Plan, paths: Collection[str]) -> Estimate:
        """``paths`` are those of the tree that work starts from: what is there needs no contract."""
        sound = plan if acyclic(plan) else replace(plan, tasks=())
        rungs = first_rungs(sound, teams=self.settings.team_ladders, default=self.settings.ladder)
        leads = len(wants(sound, self.spec, paths)) if self.settings.contracts else 0
        critic = self.settings.critic != "off" and not self.spec.small
        likely = estimate(
            sound,
            workers=self._workers(),
            calls_per_task=CALLS_PER_TASK,
            prices=self.prices,
            rungs=rungs,
            beside=others(sound, leads=leads, critic=critic, rungs=rungs),
        )
        return replace(
            likely,
            outside_cap=self.store.choice(OUTSIDE_CAP) or "",
            alone=counterfactual(plan, self.past(), priced=is_priced(self.prices)),
        )

    async def _paths(self) -> tuple[str, ...]:
        return tuple(await self.git.entries(await self.git.tree_of(self.store.choice(START) or "")))

    def _plan(self) -> Plan:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("there is no plan to look at yet")
        return plan

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
