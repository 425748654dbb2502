"""No answer reaches a question that was not on the screen for a moment, however the list changes under the finger."""

import random
from collections.abc import Callable

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered
from agentctl.tui.steady import SECONDS, Steady

from .conftest import Seen

Make = Callable[..., Seen]
JUST_NOW = "the list has just changed: look again, then press"


def test_only_what_stood_for_long_enough_stands() -> None:
    steady = Steady()
    assert not steady.stands(None, at=9.0)
    steady.painted("a", at=1.0)
    assert not steady.stands("a", at=1.0 + SECONDS - 0.01)
    steady.painted("a", at=1.3)
    assert steady.stands("a", at=1.01 + SECONDS)
    assert not steady.stands("b", at=9.0)
    steady.painted("b", at=2.0)
    steady.painted("a", at=2.1)
    assert not steady.stands("a", at=2.2)


async def test_a_question_that_has_just_come_up_is_not_answered(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=(120, 36)) as pilot:
        await pilot.press("i")
        it.at += 5
        it.ask("schema", "Migrate")
        await pilot.pause(0.25)
        await pilot.press("1")
        assert it.pane("foot")[0] == JUST_NOW
        it.at += SECONDS - 0.05
        await pilot.press("1")
        assert it.pane("foot")[0] == JUST_NOW
        assert it.app.sight.pending is None


async def test_a_new_question_comes_last_and_makes_a_key_wait(seen: Make) -> None:
    it = seen()
    it.ask("small", "A")
    async with it.app.run_test(size=(120, 36)) as pilot:
        await pilot.press("i")
        await pilot.pause()
        it.at += 5
        it.ask("money", "more", kind="budget")
        await pilot.pause(0.25)
        assert [row.split()[1] for row in it.pane("left")] == ["Q1", "Q2"]
        await pilot.press("1")
        assert (it.pane("foot")[0], it.app.sight.pending) == (JUST_NOW, None)


async def test_a_key_that_is_pressed_before_the_change_is_painted_counts_for_nothing(seen: Make) -> None:
    it = seen()
    it.ask("one", "A")
    async with it.app.run_test(size=(120, 36)) as pilot:
        await pilot.press("i")
        await pilot.pause()
        it.at += 5
        it.app.sight.cursors["inbox"] = "Q9"
        it.app.action_answer("1")
        assert it.app.sight.pending is None


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_comes_and_goes_an_answer_is_for_what_was_read(seed: int, seen: Make) -> None:
    """Questions come, go and are answered at random while keys are pressed; each answer is for what was read."""
    chance, it = random.Random(seed), seen()
    asked = 0
    async with it.app.run_test(size=(120, 36)) as pilot:
        await pilot.press("i")
        for _ in range(25):
            move = chance.random()
            if move < 0.35:
                asked += 1
                it.ask(f"key{asked}", f"Option of key{asked}", "Other")
            elif move < 0.5 and (left := it.store.questions(only_open=True)):
                it.say(QuestionAnswered(key=chance.choice(left).question.key, answer="x"), author="person:Bob")
            await pilot.pause(0.12 if chance.random() < 0.5 else 0)
            read = "\n".join(it.pane("right"))
            it.at += chance.choice([0.0, 0.1, SECONDS, 1.0])
            marked, listed = set(it.app.sight.marked), it.pane("left")
            await pilot.press(chance.choice(["j", "k", "1", "1", "2", "space"]))
            pending = it.app.sight.pending
            if pending is not None:
                answered = {each.question for each in pending.choices}
                texts = {each.id: f"About {each.question.key}?" for each in it.store.questions()}
                if marked:
                    assert answered == marked
                    assert all(any(row.startswith("■") and texts[name] in row for row in listed) for name in answered)
                else:
                    (name,) = answered
                    assert texts[name] in read
                it.app.sight.pending = None


async def test_an_option_that_is_not_on_the_screen_is_no_answer(seen: Make) -> None:
    it = seen()
    it.ask("long", *(f"Option {number} " + "word " * 60 for number in range(1, 7)))
    async with it.app.run_test(size=(80, 24)) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("5")
        assert it.pane("foot")[0] == "5 is not on the screen: pgdn shows it"
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        it.at += 1
        await pilot.press("5")
        assert it.app.sight.pending is not None
