"""What the dashboard rings for, and whether anybody looks at it."""

from collections.abc import Callable

from agentctl.orchestrator.nouns.events import QuestionAnswered
from agentctl.orchestrator.nouns.notices import HumanNeeded
from textual.events import AppBlur, AppFocus

from .conftest import Seen

SIZE = (120, 36)
Make = Callable[..., Seen]


async def test_a_question_that_comes_up_rings_once_with_clean_words(seen: Make) -> None:
    it = seen()
    it.ask("before", "A")
    async with it.app.run_test(size=SIZE) as pilot:
        it.ask("one", "A")
        await pilot.pause(0.25)
        it.say(QuestionAnswered(key="before", answer="A"), author="person:Bob")
        await pilot.pause(0.25)
        it.ask("\x1b]9;evil\x07" + "x" * 500, "A")
        await pilot.pause(0.25)
    assert it.rung[0] == "Q2: About one?"
    assert len(it.rung) == 2
    assert it.rung[1].isprintable()
    assert len(it.rung[1]) <= 120


async def test_where_the_log_says_who_was_told_it_rings_for_that_and_never_twice(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        it.ask("one", "A")
        await pilot.pause(0.25)
        it.say(HumanNeeded(about="question", text="Q1 needs you", questions=("Q1",)), author="notifier")
        await pilot.pause(0.25)
        assert it.rung == ["Q1: About one?"]
        it.ask("held", "A")
        it.ask("also", "A")
        await pilot.pause(0.25)
        assert it.rung == ["Q1: About one?"]
        it.say(HumanNeeded(about="digest", text="2 questions wait", questions=("Q2", "Q3")), author="notifier")
        it.say(HumanNeeded(about="done", text="the run is done"), author="notifier")
        await pilot.pause(0.25)
    assert it.rung == ["Q1: About one?", "2 questions wait", "the run is done"]


async def test_what_was_told_before_anybody_looked_does_not_ring(seen: Make) -> None:
    it = seen()
    it.ask("one", "A")
    it.say(HumanNeeded(about="question", text="Q1 needs you", questions=("Q1",)), author="notifier")
    async with it.app.run_test(size=SIZE) as pilot:
        it.ask("two", "A")
        await pilot.pause(0.25)
        assert it.rung == []
        it.say(HumanNeeded(about="question", text="Q2 needs you", questions=("Q2",)), author="notifier")
        await pilot.pause(0.25)
    assert it.rung == ["Q2: About two?"]


async def test_others_hear_whether_the_window_has_the_focus(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        it.app.post_message(AppBlur())
        await pilot.pause()
        it.app.post_message(AppFocus())
        await pilot.pause()
    assert it.focus == [True, False, True]
