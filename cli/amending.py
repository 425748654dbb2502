"""`amend`: one sentence more for a run's copy of its spec; says what lint says of it, and prints it as a patch."""

import argparse
import asyncio
from collections.abc import Sequence

from ..orchestrator.errors import SpecError, VerificationFailed
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.hand_facts import Amended
from ..orchestrator.nouns.keys import integration_branch
from ..specs.lint import lint
from ..specs.nouns import Finding
from ..specs.parse import parse
from ..specs.proposals import ProposalRefused, next_requirement, with_requirement
from . import processes
from .by_hand import sentence
from .opening import announce, go_on, goes_on_here, open_for_more, require_branch
from .output import emit_json, emit_raw, say
from .proposing import added
from .repository import OpenRun, locate
from .spec_copy import read, text_of, texts


def amend(args: argparse.Namespace) -> int:
    """Add it; 0 once it is kept and another process drives the run, else what building it here comes to."""
    root = locate(args.repo)
    with open_for_more(args) as run:
        name = run.folder.run
        require_branch(asyncio.run(open_repository(root).resolve(integration_branch(name))), name)
        line, found = checked(run, sentence(args.sentence, command=f"amend {name}"), force=args.force)
        for each in found:
            if each.severity != "info":
                say(f"{each.severity} {each.code}: {each.message}")
        id_ = keep(run, line, author=processes.person(root))
        say(f"{id_} is a requirement of run {name} now, by your word; it becomes a task of its own")
        announce(run)
        _print(args, run, id_, line, found)
        here = goes_on_here(args, run.folder)
    return go_on(args, run.folder) if here else 0


def checked(run: OpenRun, line: str, *, force: bool) -> tuple[str, tuple[Finding, ...]]:
    """The sentence as the spec will have it, and what lint finds with it that it does not find without.

    Raises:
        SpecError: the spec cannot take the sentence in.
        VerificationFailed: lint finds errors in it.
    """
    text = text_of(run.folder, run.store)
    try:
        more = with_requirement(text, line, named=next_requirement(text))
    except ProposalRefused as refused:
        raise SpecError(f"The spec of run {run.folder.run} cannot take that in: {refused}") from refused
    before = {(each.code, each.message) for each in lint(parse(text))}
    found = tuple(each for each in lint(parse(more)) if (each.code, each.message) not in before)
    wrong = [each for each in found if each.severity == "error"]
    if wrong and not force:
        raise VerificationFailed(
            "\n".join(["the sentence has errors:", *_listed(wrong), "Say it otherwise, or --force."])
        )
    return line, found


def _listed(findings: Sequence[Finding]) -> list[str]:
    return [f"  {each.code}: {each.message}" for each in findings]


def keep(run: OpenRun, line: str, *, author: str) -> str:
    """Keep the sentence under the next free id; whoever else adds one at this moment gets the next."""
    while True:
        known = texts(run.folder, run.store)
        spec = read(run.folder, run.store)
        plan = run.store.plan()
        planned = [id_ for task in plan.tasks for id_ in task.requirements] if plan is not None else []
        id_ = next_requirement(known[-1], [*spec.items, *planned])
        if run.store.append(Amended(number=len(known), requirement=id_, text=line), author=author):
            return id_


def _print(args: argparse.Namespace, run: OpenRun, id_: str, line: str, found: Sequence[Finding]) -> None:
    """The spec with what was added, as a patch: its author takes it in, or the next run of the spec takes it out."""
    diff = added(run)
    if args.json:
        emit_json({"run": run.folder.run, "requirement": id_, "text": line, "findings": found, "proposal": diff})
        return
    emit_raw(diff)
    say(
        f"your spec was not changed: `agentctl show --run {run.folder.run} proposal | git apply` puts it there; "
        f"without it the next run of the spec takes {id_} out again"
    )
