"""The bench of the probe: specs that can be run, gaps that questions are matched to, recordings made at a desk."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.desk.inbox import Inbox, Prompt
from agentctl.bench import probe
from agentctl.bench.probe.record import main, record
from agentctl.bench.probe.scoring import GAPS, SPECS, Gap, about, gaps, replayed, score, view
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.probe_clusters import clusters
from agentctl.orchestrator.rules.probing import worth_probing
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse

OWN = """# pad: texts of one width

`pad(text, width)` in `src/pad.py` fills texts up.

- **R1** `pad` MUST return the text with spaces behind it, up to `width` characters.
- **R2** If `width` is negative, `pad` MUST raise `ValueError`.
"""
SITUATIONS = {
    "probes": [
        {"situation": '`pad("abc", 2)`', "observe": "the return value", "items": ["R1"]},
        {"situation": '`pad("a", 2)`', "observe": "the return value", "items": ["R1"]},
    ]
}
DECISION: dict[str, Any] = {
    "probes": ["p1"],
    "verdict": "ask",
    "quote": "",
    "question": "What does `pad` return for a text that is longer than the width?",
    "why": "It is cut or not.",
    "options": [
        {"answers": ["p1.a"], "text": "`pad` returns a longer text unchanged.", "consequence": ""},
        {"answers": ["p1.b"], "text": "`pad` cuts a longer text.", "consequence": ""},
    ],
    "recommended": 0,
    "items": ["R1"],
    "weight": 2,
}


def asked(text: str, *options: str) -> Question:
    return Question(key=text, kind="decision", text=text, options=tuple(Option(text=each) for each in options))


def test_six_specs_have_two_gaps_each_and_six_have_none() -> None:
    planted = gaps()
    assert sorted(planted) == sorted(path.stem for path in SPECS.glob("*.md"))
    assert sorted(len(each) for each in planted.values()) == [0] * 6 + [2] * 6
    assert all(gap.sentence and all(gap.mentions) for each in planted.values() for gap in each)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.md")), ids=lambda path: path.stem)
def test_each_spec_could_be_run_and_is_one_cluster(path: Path) -> None:
    text = path.read_text()
    assert [each for each in lint(parse(text, name=path.name)) if each.severity == "error"] == []
    assert 8 <= len(view(path).requirements) <= 20
    assert worth_probing(view(path))
    assert len(clusters(view(path))) <= 2


def test_no_spec_tells_which_gaps_it_has() -> None:
    for name, planted in gaps().items():
        text = (SPECS / f"{name}.md").read_text()
        assert not re.search(r"\b(?:ambiguous|unspecified|probe|left open)\b", text)
        assert not any(gap.sentence in text for gap in planted)


def test_a_gap_is_found_by_its_own_sentence_and_by_no_other() -> None:
    planted = [gap for each in gaps().values() for gap in each]
    assert [gap.id for gap in planted if not about(asked(gap.sentence), gap)] == []
    for each in gaps().values():
        for gap, other in ((one, two) for one in each for two in each if one != two):
            assert not about(asked(gap.sentence), other), (gap.id, other.id)


GAP = Gap(id="ties", sentence="s", mentions=(("tie", "equal"), ("order",)))
OTHER = Gap(id="case", sentence="s", mentions=(("case",),))


def test_questions_are_matched_by_their_sentence_and_options_only() -> None:
    assert about(asked("In which ORDER are ties?"), GAP)
    assert about(asked("Which is first?", "Equal ones keep their order."), GAP)
    assert not about(asked("In which order?"), GAP)
    assert not about(Question(key="k", kind="decision", text="Which?", evidence="equal order", why="tie order"), GAP)


def test_each_gap_is_found_once_and_the_rest_is_without_need() -> None:
    questions = [asked("The order of ties?"), asked("Equal ones in order?"), asked("Why?")]
    found = score("a", questions, [GAP, OTHER])
    assert (found.found, found.missed, found.questions) == (("ties",), ("case",), 3)
    assert found.needless == ("Equal ones in order?", "Why?")
    assert score("a", [], []).needless == ()


def test_what_was_not_recorded_is_a_problem_and_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "RECORDINGS", tmp_path)
    report = probe.run(quick=True)
    assert not report.holds
    assert (report.bars, len(report.problems)) == ((), 12)


def answer(prompt: Prompt) -> str:
    """Readers differ about p1: three return the text, two cut it."""
    match prompt.key.role:
        case "prober":
            return json.dumps(SITUATIONS)
        case "prober.judge":
            return json.dumps({"decisions": [DECISION]})
        case _:
            cut = prompt.key.attempt.rollout in {0, 3}
            return json.dumps({"p1": "'ab'" if cut else "'abc'", "p2": "'a '"})


async def answers(desk: Path, recording: asyncio.Task[Path], *, most: int = 99) -> list[str]:
    """Answer prompts at the desk, one after the other, until the recording is made or so many were answered."""
    inbox, roles = Inbox(desk), list[str]()
    while not recording.done() and len(roles) < most:
        waiting = inbox.waiting() if desk.exists() else ()
        for prompt in waiting[:1]:
            inbox.reply(prompt.id, answer(prompt))
            roles.append(prompt.key.role)
        await asyncio.sleep(0)
    return roles


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "pad.md"
    path.write_text(OWN)
    return path


async def test_a_recording_made_at_a_desk_plays_the_same_questions_again(own: Path, tmp_path: Path) -> None:
    desk, out = tmp_path / "desk", tmp_path / "out"
    recording = asyncio.create_task(record(own, desk=desk, out=out))
    assert await answers(desk, recording) == ["prober", *["prober.reader"] * 5, "prober.judge"]
    found, drifts = await replayed(own, await recording)
    assert drifts == ()
    assert [each.text for each in found.questions] == [DECISION["question"]]
    own.write_text(OWN.replace("fills texts up", "fills up texts"))
    found, drifts = await replayed(own, out / "pad.jsonl")
    assert len(drifts) == 7


async def test_a_recording_that_was_stopped_goes_on_where_it_was(own: Path, tmp_path: Path) -> None:
    desk, out = tmp_path / "desk", tmp_path / "out"
    first = asyncio.create_task(record(own, desk=desk, out=out))
    assert len(await answers(desk, first, most=3)) == 3
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not out.exists()
    second = asyncio.create_task(record(own, desk=desk, out=out))
    assert await answers(desk, second) == [*["prober.reader"] * 3, "prober.judge"]
    found, drifts = await replayed(own, await second)
    assert (len(found.questions), drifts) == (1, ())


def test_prompts_are_handed_out_and_answered_from_the_command_line(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk"
    assert main(["--next", "--desk", str(desk)]) == 1

    async def until_it_waits() -> None:
        recording = asyncio.create_task(record(own, desk=desk, out=tmp_path))
        while not list(desk.glob("*.prompt.md")):  # noqa: ASYNC110 - what is waited for is a file
            await asyncio.sleep(0.01)
        assert main(["--next", "--desk", str(desk), "--as", "me"]) == 0
        shown = capsys.readouterr()
        assert "You look for what a specification leaves open" in shown.out
        prompt = re.search(r"--reply (\S+)", shown.err)
        assert prompt
        reply = tmp_path / "reply.json"
        reply.write_text("no JSON")
        assert main(["--reply", prompt[1], str(reply), "--desk", str(desk)]) == 2
        reply.write_text('{"probes": []}')
        assert main(["--reply", prompt[1], str(reply), "--desk", str(desk)]) == 0
        await recording

    asyncio.run(until_it_waits())
    assert "0 questions, 0 assumptions" in capsys.readouterr().out
    assert GAPS.exists()
