"""How a question is answered in the dashboard: at once, in words, otherwise, later, or by somebody else."""

from collections.abc import Callable

from agentctl.orchestrator.nouns.events import QuestionAnswered
from agentctl.tui.steady import SECONDS

from .conftest import Seen

SIZE = (120, 36)
Make = Callable[..., Seen]


async def test_an_option_is_sent_after_a_moment_as_a_command(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "Shim")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("2")
        assert it.pane("foot")[0].startswith("Q1: Shim is sent in 3 s; u takes it back")
        assert it.commands.said == []
        it.at += 3.1
        await pilot.pause(0.25)
        assert it.commands.said == [["answer", "Q1", "--", "2"]]


async def test_after_an_answer_the_next_question_is_shown_and_takes_no_key_at_once(seen: Make) -> None:
    it = seen()
    for name in ("one", "two", "three"):
        it.ask(name, "A")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        first, second, _ = it.app.sight.order
        await pilot.press("1")
        it.at += 3.1
        await pilot.pause(0.25)
        assert it.app.sight.question == second
        assert f"{second} decision of the run" in it.pane("right")
        await pilot.press("1")
        assert it.pane("foot")[0] == "the list has just changed: look again, then press"
    assert it.commands.said == [["answer", first, "--", "1"]]


async def test_a_second_answer_to_the_same_question_takes_the_place_of_the_first(seen: Make) -> None:
    it = seen()
    it.ask("one", "A", "B")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("1", "2", "u")
        assert it.pane("foot")[0] == "Q1 was not answered"
        it.at += 2 * SECONDS
        await pilot.press("1", "2", "q")
    assert it.commands.said == [["answer", "Q1", "--", "2"]]


async def test_an_answer_is_taken_back_before_it_is_sent(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "No")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("0", "u")
        assert it.pane("foot")[0] == "Q1 was not answered"
        it.at += 10
        await pilot.pause(0.25)
        assert it.commands.said == []


async def test_leaving_sends_what_was_about_to_be_sent(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "No")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("0", "q")
    assert it.commands.said == [["answer", "Q1", "--", "2"]]


async def test_words_are_typed_and_nothing_is_an_option_meanwhile(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("r", *"1 of q", "enter")
        it.at += 3.1
        await pilot.pause(0.25)
        assert it.commands.said == [["answer", "Q1", "--", "1 of q"]]


async def test_the_recommended_answer_can_be_changed_before_it_is_sent(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "Shim", recommended=1)
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("e", *" it", "enter", "q")
    assert it.commands.said == [["answer", "Q1", "--", "Shim it"]]


async def test_enter_takes_what_silence_would_where_it_can_be_reverted(seen: Make) -> None:
    it = seen()
    it.ask("name", "Long", "Short", default="Short")
    it.ask("drop", "Drop", "Keep")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        asked = {each.question.key: each.id for each in it.store.questions()}
        await pilot.press("G" if it.app.sight.order[-1] == asked["drop"] else "g")
        await pilot.pause()
        it.at += 2 * SECONDS
        await pilot.press("enter")
        assert it.pane("foot")[0] == "nothing is taken by silence here: choose an option"
        await pilot.press("G" if it.app.sight.order[-1] == asked["name"] else "g")
        await pilot.pause()
        it.at += 2 * SECONDS
        await pilot.press("enter", "q")
    assert it.commands.said == [["answer", asked["name"], "--", "Short"]]


async def test_a_plan_is_refused_with_a_reason_and_edited_in_this_terminal(seen: Make) -> None:
    it = seen()
    it.ask("plan", "approve", "refuse: <your reason>", kind="plan")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("2", *"too big", "enter", "q")
    assert it.commands.said == [["answer", "Q1", "--", "refuse: too big"]]


async def test_a_plan_is_approved_where_it_is_shown_by_the_options_it_has(seen: Make) -> None:
    it = seen()
    it.ask("plan:1", "approve", "refuse: <your reason>", "stop", kind="plan")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("o")
        await pilot.pause()
        assert it.pane("left")[0] == "Q1 About plan:1?"
        assert it.pane("foot")[1].startswith("Q1: 1 approve · 2 refuse · 3 stop · e edit")
        await pilot.press("1")
        assert it.pane("foot")[0] == "the list has just changed: look again, then press"
        it.at += 2 * SECONDS
        await pilot.press("1", "q")
    assert it.commands.said == [["answer", "Q1", "--", "1"]]


async def test_later_and_left_alone_and_back(seen: Make) -> None:
    it = seen()
    it.ask("one", "A")
    it.ask("two", "B")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("i")
        first, second = it.app.sight.order
        await pilot.press("s")
        assert it.app.sight.order == (second, first)
        assert any(first in row and row.endswith("later") for row in it.pane("left"))
        await pilot.press("x")
        assert not any(second in row for row in it.pane("left"))
        await pilot.press("u")
        assert {row.split()[1] for row in it.pane("left") if "Q" in row} == {first, second}


async def test_what_was_decided_is_shown_on_demand_and_said_otherwise_in_words(seen: Make) -> None:
    it = seen()
    for name in ("old", "older"):
        it.ask(name, "A", "B")
        it.say(QuestionAnswered(key=name, answer="A"), author="person:Bob")
    it.ask("open", "C")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        assert it.app.sight.order == ("Q3",)
        await pilot.press("h", "G")
        await pilot.pause()
        assert set(it.app.sight.order[1:]) == {"Q1", "Q2"}
        last = it.app.sight.order[-1]
        assert it.app.sight.question == last
        assert "r says otherwise: what was built on it is done again" in it.pane("right")
        it.at += 2 * SECONDS
        await pilot.press("2")
        assert it.pane("foot")[0] == f"{last} is decided; r says otherwise, in words"
        await pilot.press("e", *" not", "enter", "q")
    assert it.commands.said == [["answer", "--anew", last, "--", "A not"]]


async def test_words_typed_for_an_open_question_overrule_nobody_who_was_faster(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("r", *"so")
        it.say(QuestionAnswered(key="schema", answer="Migrate"), author="person:Bob")
        await pilot.pause(0.25)
        await pilot.press("enter", "q")
    assert it.commands.said == [["answer", "Q1", "--", "so"]]


async def test_a_question_that_was_answered_elsewhere_says_so_and_takes_no_key(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "Shim")
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        it.say(QuestionAnswered(key="schema", answer="Shim"), author="person:Bob")
        await pilot.pause(0.25)
        await pilot.press("1")
        assert it.pane("foot")[0] == "the list has just changed: look again, then press"
        it.at += 2 * SECONDS
        await pilot.press("2")
        assert it.pane("foot")[0] == "Q1 is decided; r says otherwise, in words"
        assert it.pane("left")[0].startswith("✓ Q1")
        assert "answered by Bob: Shim" in it.pane("right")
        assert it.commands.said == []
