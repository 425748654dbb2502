"""Text of models, repositories and tests: it cannot end the dashboard, style it, or reach the terminal as control."""

import random
from collections.abc import Callable

import pytest
from agentctl.orchestrator.nouns.events import Acted, Noted
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.tui.commands import Done
from agentctl.tui.entries import LONGEST, verbatim, wrapped

from .conftest import Seen

Make = Callable[..., Seen]
BAD = (
    "[/]",
    "[bold red]x[/bold red][@click=app.quit]",
    "test_net[ipv6]",
    "\x1b[2J\x1b[31mred",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;title\x1b\\",
    "\u202etxt.exe\u2066\u200b",
    "\r\x08\x00\x9b31m",
    "\udcff\ud800",
    "表\u0301😀\u200d👩",
    "x" * 1_000_000,
    "\n\t" * 500,
)
KEYS = "dijtkmLP?1234"


def _is_plain(text: str) -> bool:
    return all(char.isprintable() or char == " " for char in text)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_of_it_is_obeyed(seed: int, seen: Make) -> None:
    chance = random.Random(seed)
    it = seen(activity=chance.choice(BAD))
    key = AttemptKey(task="T2")
    for command in ("diff", "logs", "show", "report"):
        it.commands.answers[command] = Done(code=0, out="".join(chance.sample(BAD, 4)), err="")
    async with it.app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*"jjjj")
        for number in range(14):
            one, two, three = (chance.choice(BAD) for _ in range(3))
            it.say(Acted(key=key, turn=number + 2, text=one), Noted(text=two))
            if number % 3 == 0:
                it.ask(f"q{number}", one, two, why=two, evidence=three, default=one)
            await pilot.pause(0.12)
            await pilot.press(chance.choice([*KEYS, "enter", "escape"]).replace("?", "question_mark"))
            await pilot.pause(0.02)
            assert all(map(_is_plain, it.screen()))
        assert it.app.is_running


@pytest.mark.parametrize("text", BAD)
def test_a_text_of_any_kind_is_lines_of_what_can_be_shown(text: str) -> None:
    for lines in (verbatim(text), verbatim(text, diff=True), wrapped(text, 40)):
        assert all(_is_plain(line.text) and "\n" not in line.text for line in lines)
    assert all(len(line.text) <= LONGEST + 1 for line in verbatim(text))
    assert all(line.cells <= 40 for line in wrapped(text[:5_000], 40))
