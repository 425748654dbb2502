"""Our checks on the forge: what the gate said of each pull request's head, and where the run stands."""

from collections.abc import Sequence
from dataclasses import asdict

from ...orchestrator.nouns.forge import CheckWanted
from ...orchestrator.nouns.verdicts import Verdict
from ...orchestrator.rules.harmless import cell, code
from ...orchestrator.rules.run_checks import foreign_check, gate_check, queue_check
from ..report import LEVELS, requirements_of
from .at import At, Brought, digest
from .bringing import tasks_of
from .markdown import rows


async def tell_checks(at: At, brought: Sequence[Brought]) -> None:
    """Put them on every head as it is now: a head that moved gets its own."""
    heads = [each.pull.head_sha for each in brought if each.pull.state == "open"]
    if at.thread.pull:
        pull = await at.forge.pull(at.thread.number)
        heads += [pull.head_sha] if pull is not None and pull.state == "open" else []
    store = at.run.store
    waiting = [each.id for each in store.questions(only_open=True)]
    for sha in dict.fromkeys(heads):
        await _put(at, queue_check(sha, store.run(), store.tasks(), waiting=waiting))
    for each in brought:
        if each.pull.state == "open":
            await _put(at, await _gate(at, brought, each))


async def verdict_on(at: At, sha: str) -> Verdict | None:
    """What the gate said of the tree of a commit that we pushed; None where it has not."""
    git = at.git
    if await git.resolve(sha) is None:
        return None
    return at.run.store.verdict_of_tree(await git.tree_of(sha))


async def _gate(at: At, brought: Sequence[Brought], each: Brought) -> CheckWanted:
    if not each.ours:
        return foreign_check(each.pull.head_sha, pushed=each.slice.head, run=at.thread.run)
    tasks = await tasks_of(at, brought, each)
    verdict = await verdict_on(at, each.slice.head)
    return gate_check(each.slice.head, verdict, evidence=_evidence(at, tasks), run=at.thread.run)


def _evidence(at: At, tasks: Sequence[str]) -> str:
    """What speaks for the requirements of these tasks."""
    wanted = {name for status in at.run.store.tasks() if status.task.id in tasks for name in status.task.requirements}
    cells = [
        (code(each.id), cell(each.text, width=140), f"{each.level}: {LEVELS[each.level]}" if each.level else "none")
        for each in requirements_of(at.run)
        if each.id in wanted
    ]
    return rows(("requirement", "sentence", "evidence"), cells[:100]) if cells else ""


async def _put(at: At, wanted: CheckWanted) -> None:
    name = f"check:{wanted.sha}:{digest(wanted.name)}"
    await at.put(name, asdict(wanted), lambda: at.forge.put_check(wanted))
