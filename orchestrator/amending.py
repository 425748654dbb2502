"""Sentences that a person adds to a run: each becomes one task, when nothing else goes on for the moment.

The spec is what was read and every sentence that was added (nouns.hands); who drives a run has read as many as there
were, and whoever meets one more ends with `SpecAmended` so that its parts are made anew. What a sentence became, and
what had landed by then, is a choice, which a replay obeys.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from . import faults
from .nouns.earlier import Earlier, Edit
from .nouns.events import Chosen, PlanApproved, Planned
from .nouns.hand_facts import Amended
from .nouns.hands import Amendment
from .nouns.keys import RECORDED
from .nouns.plan import Estimate, Plan, SpecView
from .ports import Brief, Git, Planner, Store
from .rules import amending as rules
from .rules.amending import AMENDED, AMENDS
from .rules.carry import check_whole
from .rules.guarded import given_elsewhere
from .rules.permission import Said, lets_change
from .run_view import START


class SpecAmended(Exception):
    """The spec has a sentence more than this process has read; its parts are made anew, and it goes on."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence became, as a replay needs it."""

    requirement: str
    text: str
    by: str
    task: str
    landed: tuple[str, ...]
    """The tasks that had landed."""
    planned: bool
    """The planner was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amending:
    """Makes tasks of what was added to one run."""

    spec: SpecView
    store: Store
    git: Git
    planner: Planner
    decisions: Callable[[], tuple[tuple[str, str], ...]]

    async def place(self, estimate: Callable[[Plan], Estimate]) -> None:
        """Make a task of each sentence that has none, in their order.

        Raises SpecAmended where one of them is not in the spec that was read, and what the planner raises.
        """
        for amendment in pending(self.store):
            if amendment.number > len(self.spec.before):
                raise SpecAmended
            await self._place(amendment, estimate)

    async def _place(self, amendment: Amendment, estimate: Callable[[Plan], Estimate]) -> None:
        plan, then = self._plan(), recorded(self.store, amendment.number)
        done = set(then.landed) if then is not None else {landing.key.task for landing in self.store.landings()}
        landed = tuple(task.id for task in plan.tasks if task.id in done)
        small = rules.needs_no_planner(amendment.text, self.store.tasks())
        planned = then.planned if then is not None else not small
        found = await self._planned(plan, amendment, landed) if planned else None
        dropped = {status.task.id for status in self.store.tasks() if status.state == "dropped"}
        more = found or rules.placed(plan, amendment, spec=self._spec(amendment), landed=landed, dropped=dropped)
        task = more.tasks[-1].id
        said = Placed(
            requirement=amendment.requirement,
            text=amendment.text,
            by=amendment.by,
            task=task,
            landed=landed,
            planned=planned,
        )
        faults.reach("amendment.placed")
        self.store.append(
            Chosen(key=f"{AMENDED}{amendment.number}", value=msgspec.json.encode(said).decode()),
            Chosen(key=f"{AMENDS}{task}", value=str(amendment.number)),
            Planned(plan=more, estimate=estimate(more)),
            PlanApproved(),
            author=amendment.by,
        )
        faults.reach("amendment.recorded")

    async def _planned(self, plan: Plan, amendment: Amendment, landed: Sequence[str]) -> Plan | None:
        """The plan with the one task that a planner makes of a sentence; None where it does not hold."""
        spec, whole = self._spec(amendment), replace(plan, tasks=(*plan.kept, *plan.tasks), kept=(), dropped=())
        there = frozenset({*landed, *(task.id for task in plan.kept)})
        must = frozenset(each.id for each in spec.requirements if each.strength == "MUST")
        edit = Edit(
            dirty=frozenset({amendment.requirement}),
            known=frozenset(each.id for each in spec.requirements),
            must=must,
        )
        story = f"- {amendment.requirement} is new: {amendment.text}"
        tree = await self._tree()
        brief = Brief(
            spec=spec,
            base_tree=tree,
            round=rules.ROUND + amendment.number,
            decisions=self.decisions(),
            earlier=Earlier(plan=whole, landed=there, edit=edit, story=story),
        )
        revision = await self.planner.revise(brief)
        if len(revision.new) != 1 or revision.drop:
            return None
        task = replace(revision.new[0], id=rules.next_task(plan), checks=(), removes=())
        found = check_whole(
            rules.with_task(whole, task, revision.teams), spec, tuple(await self.git.entries(tree)), landed=there
        )
        covers = task.requirements == (amendment.requirement,)
        if not covers or any(each.task in (task.id, None) for each in found):
            return None
        said = Said(required=(amendment.text,))
        if any(not lets_change(path, said) for path in given_elsewhere((task,), spec)):
            return None  # the sentence is the only word of a person: nobody is asked about the plan it comes to
        needs = tuple(need for need in task.needs if need in {each.id for each in plan.tasks})
        return rules.with_task(plan, replace(task, needs=needs), revision.teams)

    def _spec(self, amendment: Amendment) -> SpecView:
        """What the spec said with this sentence and none after it."""
        return (*self.spec.before, self.spec)[amendment.number]

    async def _tree(self) -> str:
        """What is there: all that has landed, without what a run adds at its end."""
        landings = self.store.landings()
        return await self.git.tree_of(landings[-1].commit if landings else self.store.choice(START) or "")

    def _plan(self) -> Plan:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("a sentence was added to a run that has no plan")
        return plan


def pending(store: Store) -> tuple[Amendment, ...]:
    """The sentences of which nothing has become yet, in their order."""
    return tuple(each for each in store.hands().amendments if store.choice(f"{AMENDED}{each.number}") is None)


def is_due(store: Store) -> bool:
    """Whether a task is to be made of a sentence now, when nothing else goes on; in a replay it is said here."""
    if store.run().settings.replay is not None:
        _say_as_recorded(store)
    return bool(pending(store))


def recorded(store: Store, number: int) -> Placed | None:
    """What a sentence became when the run was recorded."""
    said = store.choice(f"{RECORDED}{AMENDED}{number}")
    return msgspec.json.decode(said, type=Placed) if said is not None else None


def _say_as_recorded(store: Store) -> None:
    """In a replay: say those again for which as much has landed as had then."""
    landed, number = {landing.key.task for landing in store.landings()}, len(store.hands().amendments) + 1
    while (then := recorded(store, number)) is not None and landed.issuperset(then.landed):
        store.append(Amended(number=number, requirement=then.requirement, text=then.text), author=then.by)
        number += 1
