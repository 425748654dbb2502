"""The commit a run's branch begins at: the base, the spec's input files, and what stays of an earlier build."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from .errors import GitError, RepositoryError
from .landing import secret
from .lineage import Lineage
from .nouns.earlier import Earlier
from .nouns.events import Chosen
from .nouns.keys import integration_branch
from .nouns.plan import LockedTest, SpecView
from .nouns.verdicts import Expectation, GateReport
from .ports import Clock, Gate, Git, Store, TreeEntry
from .rules.commit_text import frame_message
from .rules.expectations import baseline
from .run_view import BASELINE, EARLIER, START

Changes = Mapping[str, TreeEntry | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Makes it once; whoever asks again after a kill finds the same."""

    run: str
    spec: SpecView
    base: str
    store: Store
    git: Git
    gate: Gate
    clock: Clock
    lineage: Lineage | None
    lay_input: Callable[[str], Awaitable[str]]
    """Adds the spec's input files to a tree."""

    async def begin(self) -> None:
        """Start the branch at a commit that has a verdict of its own.

        Raises RepositoryError where the tests there do not run to their end: no patch could ever be green.
        """
        start = self.store.choice(START)
        if start is None:
            earlier, start = await self._start()
            await self._judge(start, earlier)
        branch = integration_branch(self.run)
        if branch not in await self.git.refs(branch):
            if self.store.landings():
                last = self.store.landings()[-1].commit
                raise GitError(f"{branch} is gone; restore it with `git update-ref {branch} {last}` and resume the run")
            await self.git.move_ref(branch, new=start, old=None)

    async def _judge(self, start: str, earlier: Earlier | None) -> None:
        """Record the start and what it promises; tests of touched work may go, and pass while they are there."""
        tree = await self.git.tree_of(start)
        report = await self.gate.report(tree)
        if not report.complete:
            raise RepositoryError(_unjudged(report))
        expected = baseline(report)
        if self.lineage is not None and earlier is not None:
            forgettable = self.lineage.forgettable(earlier)
            may_go = frozenset(test for test in expected.tests if _file(test) in forgettable)
            expected = replace(expected, tests=expected.tests - may_go, may_go=may_go)
        await self.gate.judge(tree, expectation=expected)
        facts = [Chosen(key=START, value=start), Chosen(key=BASELINE, value=self._blob(expected))]
        if earlier is not None:
            facts.append(Chosen(key=EARLIER, value=self._blob(earlier)))
        self.store.append(*facts, author="driver")

    async def _start(self) -> tuple[Earlier | None, str]:
        bare = await self.git.tree_of(self.base)
        made = await self.lay_input(bare)
        earlier = None
        if self.lineage is not None:
            earlier, checks = await self._inherited(self.lineage, made)
            made = await self._amended(made, checks)
        if made == bare:
            return earlier, self.base
        message = frame_message(
            title=f"{'Input files' if self.lineage is None else 'Input files and checks'} of {self.spec.title}",
            body="",
            spec_id=self.spec.id,
            spec_digest=self.spec.digest,
            run=self.run,
        )
        return earlier, await self.git.commit(tree=made, parents=[self.base], message=message, at=self.clock.now())

    async def _inherited(self, lineage: Lineage, tree: str) -> tuple[Earlier, Changes]:
        """What an earlier build left, and its compiled checks as the spec has them now: stale ones go."""
        stays = lineage.stays(self.spec)
        there = tuple(await self.git.entries(tree))
        old = lineage.generated(self.spec, there)
        bare: dict[str, TreeEntry | None] = dict.fromkeys(old)
        laid = await self._amended(tree, bare | await self._files(stays))
        report = await self.gate.report(laid, locked=secret(stays))
        earlier = lineage.earlier(red=_red(stays, report))
        bare |= dict.fromkeys(path for path in lineage.outdated(earlier) if path in there)
        green = [locked for locked in stays if earlier.edit.dirty.isdisjoint(locked.requirements)]
        return earlier, bare | await self._files(green)

    async def _files(self, checks: Sequence[LockedTest]) -> dict[str, TreeEntry | None]:
        return {locked.path: await self._entry(locked.text) for locked in checks if not locked.secret}

    async def _entry(self, text: str) -> TreeEntry:
        return TreeEntry(mode="100644", id=await self.git.write(text.encode()))

    async def _amended(self, tree: str, files: Changes) -> str:
        return await self.git.amend_tree(tree, files) if files else tree

    def _blob(self, value: Expectation | Earlier) -> str:
        return self.store.put_blob(msgspec.json.encode(value).decode())


def _red(checks: Collection[LockedTest], report: GateReport) -> frozenset[str]:
    passed = report.passed()
    return frozenset(locked.check for locked in checks if not passed.issuperset(locked.tests))


def _unjudged(report: GateReport) -> str:
    return (
        "the repository's own tests do not run to their end on the commit that this run would begin at, so no work "
        f"could be judged: {report.problem or 'the test run did not complete'}\n"
        "Mend that and commit it, or set in agentctl.toml how the tests are run, and start a new run."
    )


def _file(test: str) -> str:
    """The file of a test's id."""
    return test.partition("::")[0]
