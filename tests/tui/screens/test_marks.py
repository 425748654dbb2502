"""Questions that are marked and answered together."""

from collections.abc import Callable, Sequence

from agentctl.orchestrator.nouns.events import QuestionAnswered, QuestionAsked
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.tui.commands import Done
from agentctl.tui.pane import Pane
from agentctl.tui.steady import SECONDS
from textual.pilot import Pilot

from .conftest import Seen

SIZE = (120, 36)
Make = Callable[..., Seen]


async def _mark(it: Seen, pilot: Pilot[None], *names: str) -> None:
    """Look at each of these for long enough, mark it, and look again."""
    for name in names:
        it.app.query_one("#left", Pane).put(name)
        await pilot.pause(0.05)
        it.at += 2 * SECONDS
        await pilot.press("space")
    await pilot.pause(0.05)
    it.at += 2 * SECONDS


async def test_marked_questions_are_answered_together_where_a_key_means_the_same_for_all(seen: Make) -> None:
    it = seen()
    it.ask("one", "Utc", "Local", default="Utc")
    it.ask("two", "Utc", "Local", default="Local")
    it.ask("three", "Wide", "Thin", default="Thin")
    it.ask("money", "more", kind="budget")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        one, two, three, money = (each.id for each in it.store.questions())
        await _mark(it, pilot, money)
        assert it.pane("foot")[0] == f"{money} is answered alone"
        await _mark(it, pilot, one, two)
        assert it.app.sight.marked == {one, two}
        assert sum(row.startswith("■") for row in it.pane("left")) == 2
        assert it.pane("foot")[1].startswith("2 marked: 1-9 or enter answers all of them")
        await pilot.press("2")
        assert f"{one}, {two}: Local is sent" in it.pane("foot")[0]
        await pilot.press("u")
        await _mark(it, pilot, one, three)
        await pilot.press("1")
        assert it.pane("foot")[0].startswith("the marked questions have not the same options")
        await pilot.press("enter", "q")
    assert it.commands.said == [["answer", one, "--", "Utc"], ["answer", three, "--", "Thin"]]


async def test_a_key_with_marks_is_none_for_a_question_that_is_shown_without_one(seen: Make) -> None:
    it = seen()
    for name in ("one", "two", "three"):
        it.ask(name, "A", "B")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        first, second, third = it.app.sight.order
        await _mark(it, pilot, first, second)
        it.app.query_one("#left", Pane).put(third)
        await pilot.pause()
        it.at += 2 * SECONDS
        await pilot.press("2")
        assert it.pane("foot")[0] == f"{first}, {second} are marked, and not the one shown: space marks it"
    assert it.commands.said == []


async def test_only_what_was_read_to_its_last_option_is_marked(seen: Make) -> None:
    it = seen()
    it.ask("long", *(f"Option {number} " + "word " * 60 for number in range(1, 7)))
    it.say(
        QuestionAsked(
            question=Question(key="wide", kind="decision", text="?", options=(Option(text="Yes", paths=("a.py",)),))
        )
    )
    async with it.app.run_test(size=(80, 24)) as pilot:
        await it.read_inbox(pilot)
        await _mark(it, pilot, "Q1")
        assert it.pane("foot")[0].startswith("not all of its options are on the screen")
        await _mark(it, pilot, "Q2")
        assert it.pane("foot")[0] == "Q2 is answered alone"
        assert it.app.sight.marked == set()


async def test_what_of_several_answers_was_not_taken_is_told_first(seen: Make) -> None:
    it = seen()
    it.ask("one", "A")
    it.ask("two", "A")
    refused = Done(code=2, out="", err="agentctl: Q1 was already answered by Bob: B.\n")
    run = it.commands.run

    async def answering(argv: Sequence[str]) -> Done:
        done = await run(argv)
        return refused if argv[:2] == ("answer", "Q1") else done

    it.commands.run = answering  # type: ignore[method-assign]
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await _mark(it, pilot, "Q1", "Q2")
        await pilot.press("1")
        it.at += 3.1
        await pilot.pause(0.25)
        assert it.pane("foot")[0] == "agentctl: Q1 was already answered by Bob: B. · answer done"


async def test_a_mark_goes_with_the_question_that_somebody_else_answers(seen: Make) -> None:
    it = seen()
    it.ask("one", "A")
    it.ask("two", "A")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await _mark(it, pilot, "Q1", "Q2")
        it.say(QuestionAnswered(key="one", answer="A"), author="person:Bob")
        await pilot.pause(0.25)
        assert it.app.sight.marked == {"Q2"}
        await pilot.press("1")
        assert it.pane("foot")[0] == "the list has just changed: look again, then press"
    assert it.commands.said == []
