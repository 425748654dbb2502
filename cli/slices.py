"""A run's result as slices, and the gate that judges them on another base: what `deliver` and `pr` share."""

from collections.abc import Sequence

from ..orchestrator.errors import UsageError
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.delivery import Cut, Slice
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.verdicts import Verdict
from ..orchestrator.pulls.bringing import Judge
from ..orchestrator.store.sqlite import SqliteStore
from .outcome import branch
from .repository import OpenRun

WHOLE = "all"
"""The slice that is everything."""


async def cuts_of(run: OpenRun, git: Repository) -> Sequence[Cut]:
    """The slices of what has landed, in the order of review: one, which is the whole run.

    Raises:
        UsageError: nothing has landed.
    """
    ref, landings, now = integration_branch(run.folder.run), run.store.landings(), run.store.run()
    head = (await git.refs(ref)).get(ref)
    if head is None or not landings:
        raise UsageError(f"Nothing of run {run.folder.run} has landed: see `agentctl status {run.folder.run}`.")
    tasks = tuple(landing.key.task for landing in landings)
    tree = await git.tree_of(head)
    verdict = run.store.verdict_of_tree(tree)
    body = f"{len(tasks)} tasks of `{now.spec_id}`. Each commit names its task and its requirements."
    return (
        Cut(
            slice=Slice(name=WHOLE, team=WHOLE, tasks=tasks),
            branch=branch(run.folder.run),
            base=now.base,
            head=head,
            tree=tree,
            gate=verdict.gate if verdict is not None else "",
            title=now.title or now.spec_id,
            body=body,
        ),
    )


def judge_of(store: SqliteStore) -> Judge:
    """What the run's gate has said of a tree; a tree it never saw has not passed."""

    async def judge(cut: Cut, tree: str) -> Verdict:
        found = store.verdict_of_tree(tree)
        unseen = f"the gate of this run has not judged {cut.slice.name} on its new base"
        return found or Verdict(tree=tree, gate="", passed=False, reasons=(unseen,))

    return judge
