"""The bar of the probe on the recordings that are there. Belongs into tests/bench once all twelve are."""

import pytest
from agentctl.bench.probe import MISSED, NEEDLESS
from agentctl.bench.probe.scoring import RECORDINGS, SPECS, Score, gaps, replayed, score


async def scored(name: str) -> Score:
    """The score of a spec with the answers that were recorded; fails where the prompts are other ones now."""
    asked, drifts = await replayed(SPECS / f"{name}.md", RECORDINGS / f"{name}.jsonl")
    assert drifts == ()
    return score(name, asked.questions, gaps()[name])


async def test_two_thirds_of_the_planted_gaps_are_asked_about() -> None:
    """Of twelve, in six specs."""
    scores = [await scored(name) for name in gaps()]
    total = sum(len(each) for each in gaps().values())
    assert sum(len(each.missed) for each in scores) <= MISSED * total


@pytest.mark.parametrize("name", sorted(gaps()))
async def test_a_spec_is_asked_at_most_one_needless_question(name: str) -> None:
    """Complete or not."""
    found = await scored(name)
    assert len(found.needless) <= NEEDLESS, found.needless
