"""Has leads write the contracts of an approved plan, lets code judge them, and lands their stubs.

For each team that needs one: what is on the shelf, else a draft, its findings to the lead once, then what holds of it.
The stubs become commits at the beginning of the branch, each with a verdict for its exact tree. Everything is decided
before the first fact is written, and all facts are one append: a run that is killed before asks nobody twice, because
calls are in the journal, and one that is killed after has only to move the branch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec

from . import faults
from .errors import GitError
from .evidence.trial import Bench
from .grounding import ground_of
from .landing import URGENT
from .nouns.contract import Contract, Draft, Wants
from .nouns.events import Chosen, Contracted, Fact
from .nouns.keys import integration_branch
from .nouns.plan import DeclaredInterface, LockedTest, Plan, SpecView, Task
from .nouns.verdicts import Expectation, GateReport
from .ports import Assignment, Clock, Gate, Git, Lead, Runners, Store, TreeEntry
from .rules.commit_text import frame_message
from .rules.contract_ground import Ground
from .rules.contract_needs import wants
from .rules.contract_trial import objection
from .rules.contracting import Flaw, contract_of, flaws, normal, promised, sound, without_test
from .run_view import CONTRACTS, FRAME, FROM_SHELF, START

SECONDS = 120.0
"""What one session of a contract's tests on the base may take."""

T = TypeVar("T")


class Shelf(Protocol):
    """Where contracts are kept between runs, a task at a time."""

    def get(self, key: str) -> str | None:
        """What was put there under that key; None where there is nothing, or nothing whole."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keep a text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracting:
    """Makes the contracts once; whoever asks again after a kill finds the same."""

    run: str
    spec: SpecView
    store: Store
    git: Git
    gate: Gate
    clock: Clock
    lead: Lead | None
    """None where no contracts are written."""
    bench: Bench | None
    """Where tests are tried on the base; None tries nothing."""
    baseline: Callable[[], Expectation]
    decisions: Callable[[], tuple[tuple[str, str], ...]]
    shelf: Shelf | None = None
    runners: Runners | None = None
    """Says what runs tests of TypeScript and JavaScript; without it that is node."""

    async def wanted(self) -> tuple[Wants, ...]:
        """What the teams of the plan still need of a lead."""
        plan = self.store.plan()
        if self.lead is None or plan is None or self.spec.small:
            return ()
        paths = tuple(await self.git.entries(await self.git.tree_of(await self._tip())))
        written = {task for contract in self.store.contracts() for task in contract.written_for}
        written |= {status.task.id for status in self.store.tasks() if status.state in {"landed", "dropped"}}
        asked = (
            each.of([task for task in each.tasks if task not in written]) for each in wants(plan, self.spec, paths)
        )
        return tuple(each for each in asked if each.tasks)

    async def make(self) -> None:
        """Write what is wanted, and bring the branch to the commit that tasks start from.

        Raises what the lead raises: the errors of models, BudgetReached and Draining; and what judging raises.
        """
        found, lead = await self.wanted(), self.lead
        if found and lead is not None:
            ground = await self._ground()
            drafts = await _ended(self._of_team(each, ground, lead) for each in found)
            contracts, tip = await self._with_stubs(found, drafts, ground)
            faults.reach("contract.written")
            facts: list[Fact] = [Contracted(contract=each) for each in contracts]
            facts.append(Chosen(key=CONTRACTS, value="on"))
            if tip is not None:
                facts.append(Chosen(key=FRAME, value=tip))
            self.store.append(*facts, author="lead")
            faults.reach("contract.recorded")
        await self._move_branch()

    async def _of_team(self, wanted: Wants, ground: Ground, lead: Lead) -> "_Written":
        """What holds of a team's contract, and what had to be left out."""
        kept = await self._from_shelf(wanted, ground)
        done = {task for task in wanted.tasks if self._named(task, wanted) in kept}
        if done:
            self.store.append(Chosen(key=f"{FROM_SHELF}{wanted.team}", value=" ".join(sorted(done))), author="lead")
        known = Draft(
            stubs=tuple(stub for draft in kept.values() for stub in draft.stubs),
            tests=tuple(test for draft in kept.values() for test in draft.tests),
        )
        rest = wanted.of([task for task in wanted.tasks if task not in done])
        if not rest.tasks:
            return _Written(draft=known)
        declared = tuple(DeclaredInterface(path=stub.path, text=stub.text) for stub in known.stubs)
        beside = replace(ground, spec=replace(ground.spec, interfaces=(*ground.spec.interfaces, *declared)))
        written = await self._written(rest, beside, lead, base=await self._laid(known, await self._tip_tree()))
        self._keep(rest, written.draft, ground)
        draft = replace(
            written.draft,
            stubs=(*known.stubs, *written.draft.stubs),
            tests=(*known.tests, *written.draft.tests),
        )
        return replace(written, draft=draft)

    async def _written(self, wanted: Wants, ground: Ground, lead: Lead, *, base: str) -> "_Written":
        """A draft, told once what is wrong with it; then what holds of it."""
        assignment = Assignment(
            wants=wanted,
            spec=ground.spec,
            plan=ground.plan,
            base_tree=base,
            decisions=self.decisions(),
            runners=ground.runners,
            number=1 + sum(each.team == wanted.team for each in self.store.contracts()),
        )
        draft = normal(await lead.draft(assignment), wanted)
        if draft.trouble:
            return _Written(draft=Draft(), left=(f"the lead of team {wanted.team} gave no contract: {draft.trouble}",))
        wrong = await self._wrong(draft, wanted, ground, base)
        if wrong:
            told = replace(assignment, round=1, findings=tuple(map(str, wrong)), previous=draft)
            again = normal(await lead.draft(told), wanted)
            if not again.trouble:
                draft, wrong = again, await self._wrong(again, wanted, ground, base)
        holds = sound(draft, wanted, ground, wrong={each.about for each in wrong})
        untested = without_test(holds, wanted, ground)
        left = [f"{each.about} was left out: it {each.words}" for each in wrong if each.about not in untested]
        left += [f"{requirement} has no locked test" for requirement in untested]
        return _Written(draft=holds, left=tuple(dict.fromkeys(left)))

    async def _wrong(self, draft: Draft, wanted: Wants, ground: Ground, base: str) -> tuple[Flaw, ...]:
        """What code finds in a draft, and what the tests that can be read say of the base."""
        found = flaws(draft, wanted, ground)
        holds = sound(draft, wanted, ground)
        tried = contract_of(holds, wanted)
        if self.bench is None or not tried.tests:
            return found
        whole = replace(holds, stubs=(*holds.stubs, *promised(holds, ground)))
        reports = await self._tried(self.bench, await self._laid(whole, base), tried.tests)
        there = {*ground.paths, *(stub.path for stub in whole.stubs)}
        said = (
            Flaw(about=test.path, words=words)
            for test in tried.tests
            if (words := objection(reports[test.path], test, preserve=test.check in tried.preserve, there=there))
        )
        return (*found, *said)

    async def _tried(self, bench: Bench, tree: str, tests: Sequence[LockedTest]) -> dict[str, GateReport]:
        """All tests in one session; each alone where one of them keeps the session from ending."""
        report = await bench.run_alone(tree, tests, seconds=SECONDS)
        if report.complete or len(tests) == 1:
            return {test.path: report for test in tests}
        return {test.path: await bench.run_alone(tree, [test], seconds=SECONDS) for test in tests}

    async def _with_stubs(
        self, wanted: Sequence[Wants], written: Sequence["_Written"], ground: Ground
    ) -> tuple[tuple[Contract, ...], str | None]:
        """The contracts, and the commit with their stubs; a stub with which the tests of the base fail is left out."""
        tip, begins = await self._tip(), await self._begins()
        names: set[str] = set()
        contracts: list[Contract] = []
        for each, one in zip(wanted, written, strict=True):
            taken = one.draft.paths() & names
            team = replace(one, draft=sound(one.draft, each, ground, wrong=taken)) if taken else one
            commit = await self._stub_commit(each.team, team.draft, tip) if team.draft.stubs and begins else None
            if commit is None and team.draft.stubs:
                why = "with its stubs the gate is red" if begins else "stubs land only before the first task"
                bare = sound(replace(team.draft, stubs=()), each, ground)
                untested = (f"{name} has no locked test" for name in without_test(bare, each, ground))
                left = (*team.left, f"the stubs of team {each.team} were left out: {why}", *untested)
                team = _Written(draft=bare, left=tuple(dict.fromkeys(left)))
            tip = commit or tip
            names |= team.draft.paths()
            contracts.append(contract_of(team.draft, each, left=team.left))
        return tuple(contracts), tip if begins and tip != self.store.choice(START) else None

    async def _stub_commit(self, team: str, draft: Draft, tip: str) -> str | None:
        """The tip with a team's stubs, as a commit with a verdict; None where the gate is red."""
        tree = await self._laid(replace(draft, tests=()), await self.git.tree_of(tip))
        verdict = await self.gate.judge(tree, expectation=self.baseline(), priority=URGENT)
        faults.reach("contract.judged")
        if not verdict.passed:
            return None
        files = "\n".join(f"- {stub.path} ({stub.task})" for stub in draft.stubs)
        message = frame_message(
            title=f"Interfaces of team {team}",
            body=f"What its tasks offer to others, to be filled by them:\n\n{files}",
            spec_id=self.spec.id,
            spec_digest=self.spec.digest,
            run=self.run,
        )
        return await self.git.commit(tree=tree, parents=[tip], message=message, at=self.clock.now())

    async def _move_branch(self) -> None:
        """Let the branch begin with the stubs, unless it does."""
        frame, start, branch = self.store.choice(FRAME), self.store.choice(START), integration_branch(self.run)
        if frame is None or (await self.git.refs(branch)).get(branch) != start:
            return
        if not await self.git.move_ref(branch, new=frame, old=start):
            raise GitError(f"{branch} was moved by somebody else; move it back to {start} and resume the run")
        faults.reach("contract.moved")

    async def _laid(self, draft: Draft, tree: str) -> str:
        """A tree with the stubs of a draft."""
        files = {stub.path: stub.text for stub in draft.stubs}
        laid = {path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) for path, text in files.items()}
        return await self.git.amend_tree(tree, laid) if laid else tree

    async def _tip(self) -> str:
        """What contracts are written on: the commit that tasks start from, or will; for later ones, what has landed."""
        if landings := self.store.landings():
            return landings[-1].commit
        commit = self.store.choice(FRAME) or self.store.choice(START)
        if commit is None:
            raise LookupError("the run has no start yet")
        return commit

    async def _tip_tree(self) -> str:
        return await self.git.tree_of(await self._tip())

    async def _begins(self) -> bool:
        """Whether nothing has landed yet, so that stubs may still become part of what every task starts from."""
        branch = integration_branch(self.run)
        return (await self.git.refs(branch)).get(branch) == self.store.choice(START)

    async def _ground(self) -> Ground:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("there is no plan to write contracts for")
        tree = await self._tip_tree()
        return await ground_of(tree, plan=plan, spec=self.spec, git=self.git, runners=self.runners)

    async def _from_shelf(self, wanted: Wants, ground: Ground) -> dict[str, Draft]:
        """What was written for tasks like these before and holds here too, by its name on the shelf."""
        if self.shelf is None:
            return {}
        names = [self._named(task, wanted) for task in wanted.tasks]
        texts = {name: text for name in names if (text := self.shelf.get(name)) is not None}
        kept = {name: _owned(_read(text), task) for name, text in texts.items() for task in self._task_of(name, wanted)}
        whole = Draft(
            stubs=tuple(stub for draft in kept.values() for stub in draft.stubs),
            tests=tuple(test for draft in kept.values() for test in draft.tests),
        )
        mine = wanted.of([task for task in wanted.tasks if self._named(task, wanted) in kept])
        return kept if kept and not await self._wrong(whole, mine, ground, await self._tip_tree()) else {}

    def _keep(self, wanted: Wants, draft: Draft, ground: Ground) -> None:
        """Put each task's part of a draft on the shelf, but for tasks that were left without a test."""
        untested = set(without_test(draft, wanted, ground))
        for task in wanted.tasks:
            mine = {requirement for owner, requirement in wanted.tests if owner == task}
            if self.shelf is not None and not untested & mine:
                self.shelf.put(self._named(task, wanted), msgspec.json.encode(_part(draft, task)).decode())

    def _task_of(self, name: str, wanted: Wants) -> list[str]:
        return [task for task in wanted.tasks if self._named(task, wanted) == name]

    def _named(self, task_id: str, wanted: Wants) -> str:
        """Of all that a task's part of a contract is made from, whatever the task is called."""
        task = self._task(task_id)
        keys = {each.id: each.key for each in self.spec.requirements}
        asked = [
            f"{requirement} {keys.get(requirement, '')}" for owner, requirement in wanted.tests if owner == task_id
        ]
        offered = [offer.path for offer in wanted.offers if offer.task == task_id]
        decided = [part for pair in self.decisions() for part in pair]
        parts = [
            self.lead.version if self.lead is not None else "",
            wanted.team,
            task.title,
            task.goal,
            *task.owns,
            "asked",
            *asked,
            "offers",
            *offered,
        ]
        return sha256("\0".join([*parts, "decided", *decided]).encode("utf-8", "replace")).hexdigest()

    def _task(self, task: str) -> Task:
        plan: Plan | None = self.store.plan()
        if plan is None:
            raise LookupError("there is no plan to write contracts for")
        return plan.task(task)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    draft: Draft
    left: tuple[str, ...] = ()


def _part(draft: Draft, task: str) -> Draft:
    return Draft(
        stubs=tuple(stub for stub in draft.stubs if stub.task == task),
        tests=tuple(test for test in draft.tests if test.task == task),
    )


def _owned(draft: Draft, task: str) -> Draft:
    """A part under the id that its task has in this plan."""
    return Draft(
        stubs=tuple(replace(stub, task=task) for stub in draft.stubs),
        tests=tuple(replace(test, task=task) for test in draft.tests),
    )


def _read(text: str) -> Draft:
    try:
        return msgspec.json.decode(text, type=Draft)
    except msgspec.MsgspecError:
        return Draft(trouble="it cannot be read")


async def _ended(works: Iterable[Awaitable[T]]) -> list[T]:
    """All results; an error is raised once everything has ended, because what was asked meanwhile is paid for."""
    results: list[T] = []
    errors: list[BaseException] = []
    for each in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(each, BaseException):
            errors.append(each)
        else:
            results.append(each)
    if errors:
        raise errors[0]
    return results
