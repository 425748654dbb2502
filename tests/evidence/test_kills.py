"""The search for wrong programs that a check catches."""

import asyncio

import pytest
from agentctl.orchestrator.evidence.kills import Search
from agentctl.orchestrator.evidence.mutants import Mutant
from agentctl.orchestrator.evidence.subjects import subjects
from agentctl.orchestrator.evidence.trial import Result
from agentctl.specs.parse import parse

SPEC = "# a\n\n- **R1** `f(n)` in `f.py` MUST be one more.\n\n```python R1\nfrom f import f\nassert f(1) == 2\n```\n"


async def test_when_one_session_raises_the_others_have_ended_before_the_error_goes_on() -> None:
    begun, ended = [], []
    both = asyncio.Event()

    async def attempt(mutant: Mutant, content: bytes) -> Result:
        number = len(begun)
        begun.append(content)
        if number:
            both.set()
            raise OSError(str(mutant))
        await both.wait()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)
        return "passed"

    search = Search(attempt=attempt, side_by_side=2, late=bool, most=8)
    (subject,) = subjects(parse(SPEC, name="a.md"))
    with pytest.raises(OSError, match="f"):
        await search.of(subject, {"f.py": b"def f(n):\n    return n + 1\n"}, manifest="", changed={})
    assert (len(begun), ended) == (2, [0])
