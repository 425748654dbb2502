"""What `agentctl show contract` prints: stubs and locked tests by team, what was left out, and why."""

from collections.abc import Iterator

from ..orchestrator.nouns.contract import Contract
from ..tui.clean import clean, clean_lines
from .output import emit, emit_json
from .repository import OpenRun

_NONE = "No contracts: the spec's own checks and interfaces say it all, or the plan is not approved yet."


def print_contracts(run: OpenRun, *, as_json: bool) -> None:
    """Print the contracts of a run, for a person or a program."""
    contracts = run.store.contracts()
    if as_json:
        emit_json({"contracts": contracts})
        return
    emit([line for contract in contracts for line in contract_lines(contract)] or [_NONE])


def contract_lines(contract: Contract) -> Iterator[str]:
    """One team's contract: its files in full, then what its lead and the checks of code had to say."""
    yield f"team {clean(contract.team)}"
    for stub in contract.stubs:
        yield f"  stub {clean(stub.path)}, to be filled by {clean(stub.task)}"
        yield from _code(stub.text)
    for test, task in zip(contract.tests, contract.tasks, strict=True):
        kind = "preserves" if test.check in contract.preserve else "decides"
        yield f"  {clean(test.path)} {kind} {', '.join(map(clean, test.requirements))}, locked to {clean(task)}"
        yield from _code(test.text)
    yield from (f"  note: {clean(note)}" for note in contract.notes)
    yield from (f"  left out: {clean(each)}" for each in contract.left)
    yield ""


def _code(text: str) -> Iterator[str]:
    yield from (f"    \N{BOX DRAWINGS LIGHT VERTICAL} {line}".rstrip() for line in clean_lines(text).splitlines())
