"""How the rollouts of one rung differ."""

from dataclasses import replace
from typing import Any

from agentctl.agents.approaches import APPROACHES, approach, temperature
from agentctl.agents.digest import digest
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.rules.ladder import MOST_ROLLOUTS


def test_there_is_an_approach_for_every_rollout_and_none_for_one_alone() -> None:
    told = [approach(number) for number in range(1, MOST_ROLLOUTS + 1)]
    assert len({text for (text,) in told}) == MOST_ROLLOUTS == len(APPROACHES)
    assert approach(0) == []


def test_a_rollout_alone_is_as_cool_as_ever_and_others_are_freer() -> None:
    assert [temperature(number) for number in range(5)] == [0.2, 0.2, 0.5, 0.8, 1.0]


async def test_rollouts_share_all_of_their_prompt_but_its_last_part(converse: Any) -> None:
    it = converse(files={"src/greet.py": "def greet(): ...\n"})
    alone, *several = [
        await it.worker.request(replace(it.job, rung="flash*3", key=AttemptKey(task="T1", rollout=number)), ())
        for number in range(4)
    ]
    assert [request.tier for request in several] == ["flash"] * 3
    assert len({digest(request) for request in (alone, *several)}) == 4
    for number, request in enumerate(several, start=1):
        (last,) = approach(number)
        assert request.messages[0] == alone.messages[0]
        assert request.messages[1].text == f"{alone.messages[1].text}\n{last}"
        assert request.temperature == temperature(number)
