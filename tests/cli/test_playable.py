"""What keeps a run from being replayed from its own folder."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from agentctl.agents.lead import lead_task
from agentctl.agents.probe import PROBING
from agentctl.cli.playable import missing
from agentctl.orchestrator.clarifying import PROBED
from agentctl.orchestrator.nouns.contract import Contract
from agentctl.orchestrator.nouns.events import AttemptStarted, Chosen, Contracted
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.rules.probe_batch import Batch

PERSONS = AttemptKey(task="T1", attempt=2)
BY_HAND = AttemptStarted(key=PERSONS, rung="person", base_tree="0" * 40)
CONTRACT = Contracted(contract=Contract(team="core", written_for=("T1", "T2")))


@pytest.mark.parametrize(
    ("facts", "asked", "expected"),
    [
        ((), (), []),
        ((BY_HAND,), (), ["T1:2 was handed in when agentctl did not keep that for recordings yet"]),
        ((BY_HAND, Chosen(key=f"given:{PERSONS}", value="{}")), (), []),
        ((CONTRACT,), (), ["the contract of team core is that of an earlier run"]),
        ((CONTRACT,), (lead_task("core"),), []),
        (
            (Chosen(key="shelf:core", value="T1"), CONTRACT),
            (lead_task("core"),),
            ["the contract of team core is that of an earlier run"],
        ),
    ],
)
def test_a_recording_needs_what_was_handed_in_and_what_leads_wrote(
    new_run: Callable[..., Any], facts: tuple[Any, ...], asked: tuple[str, ...], expected: list[str]
) -> None:
    run = new_run()
    run.building()
    run.say(*facts)
    for task in asked:
        _call(run, task)
    assert list(missing(run.store, run.journal)) == expected


@pytest.mark.parametrize(
    ("questions", "asked", "expected"),
    [
        ((), False, []),
        ((Question(key="q", kind="decision", text="Why?"),), True, []),
        (
            (Question(key="q", kind="decision", text="Why?"),),
            False,
            ["what probing the spec showed is from an earlier run"],
        ),
    ],
)
def test_a_recording_needs_what_the_spec_was_asked_about(
    new_run: Callable[..., Any], questions: tuple[Question, ...], *, asked: bool, expected: list[str]
) -> None:
    run = new_run()
    run.building()
    found = msgspec.json.encode(Batch(questions=questions, assumptions=())).decode()
    run.say(Chosen(key=PROBED, value=run.store.put_blob(found)))
    if asked:
        _call(run, PROBING)
    assert list(missing(run.store, run.journal)) == expected


def _call(run: Any, task: str) -> None:
    key = CallKey(attempt=AttemptKey(task=task), role="any", turn=0)
    run.journal.start(key, digest="d", request="{}", tier="pro", model="m", reserved_usd=0.1)
