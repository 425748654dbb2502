"""Every key of the dashboard, on a run that a test moves."""

from collections.abc import Callable, Sequence

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.hand_facts import PauseAsked, Preferred
from agentctl.orchestrator.nouns.notices import HumanNeeded
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.tui.commands import Done
from agentctl.tui.keys import KEYS
from agentctl.tui.pane import Pane
from agentctl.tui.steady import SECONDS
from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot

from .conftest import Seen

SIZE = (120, 36)
Make = Callable[..., Seen]


async def test_the_dashboard_shows_teams_tasks_and_what_they_do(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE):
        left = it.pane("left")
        assert left[0].startswith("v core           ████")
        assert left[0].endswith("1/2 $0.00")
        assert "✓ landed  T1    Build part 1" in left[1]
        assert "● works   T2    Build part 2  reads src/a.py" in left[4]
        assert it.pane("head")[0].startswith("k7m2xq building · 1/4 landed · $0.00 of $5.00 · 0s")
        assert it.pane("right")[:3] == ["NEEDS YOU  nothing", "", "LATELY"]
        assert it.pane("right")[3].endswith("evidence R1 V2")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("i", "nothing waits for you"),
        ("t", "1 of 4 requirements are shown by checks that tell right from wrong"),
        ("m", "0 in the queue"),
        ("P", "report done"),
        ("L", "00:16:40 landed T1:1 as cccccccccc"),
        ("question_mark", "everywhere"),
    ],
)
async def test_a_key_leads_to_its_screen_and_escape_comes_back(key: str, said: str, seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        await pilot.pause()
        shown = "\n".join(it.pane("left"))
        assert said.partition(" ")[2] in shown if key == "L" else said in shown
        await pilot.press("escape")
        assert it.app.sight.mode == "dash"


async def test_tab_goes_round_all_screens(seen: Make) -> None:
    it = seen()
    modes = []
    async with it.app.run_test(size=SIZE) as pilot:
        for _ in range(9):
            await pilot.press("tab")
            modes.append(it.app.sight.mode)
    assert modes == ["inbox", "task", "trace", "queue", "report", "log", "plan", "spec", "dash"]


async def test_the_cursor_moves_and_opens_a_task_with_its_tabs(seen: Make) -> None:
    it = seen()
    it.commands.answers["diff"] = Done(code=0, out="+ added\n- gone\n", err="")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press(*"jjjjjk", "enter")
        assert (it.app.sight.mode, it.app.sight.task) == ("task", "T2")
        assert any("turn 1: reads src/a.py" in row for row in it.pane("left"))
        await pilot.press("2")
        await pilot.pause()
        await pilot.pause()
        assert it.pane("left")[-3:-1] == ["+ added", "- gone"]
        await pilot.press("3")
        assert any("T2:1" in row and "working" in row for row in it.pane("left"))
        assert ["diff", "T2"] in it.commands.said


async def test_what_is_drawn_at_once_after_a_move_leaves_the_cursor_where_it_went(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE):
        left = it.app.query_one("#left", Pane)
        left.move(1)
        it.app.draw()
        assert left.cursor == it.app.sight.cursors["dash"] == "T1"


async def test_a_team_folds_and_a_filter_leaves_what_has_its_words(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("space")
        assert [row[:6] for row in it.pane("left")][:2] == ["> core", "v shel"]
        await pilot.press("space", "slash", *"part 3", "enter")
        assert [row.split()[2] for row in it.pane("left")][1:] == ["T3"]
        await pilot.press("escape")
        assert len(it.pane("left")) == 6


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


async def test_a_long_refusal_is_told_to_its_end(seen: Make) -> None:
    it = seen()
    words = "agentctl: " + "this could be a yes or a wish " * 4 + "type `approve` or give a reason"
    it.commands.answers["pause"] = Done(code=2, out="", err=words)
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "j", "j", "j", "p")
        await pilot.pause()
        assert " ".join(it.pane("foot")) == words


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


async def test_hands_on_a_task_are_commands(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "j", "j", "j")
        await pilot.press("S", *"keep it", "enter")
        await pilot.press("p", "R", "U", "plus", "K")
        assert it.pane("foot")[0] == "K again ends T2 and what depends on it; what has landed stays"
        await pilot.press("K")
        await pilot.pause()
    assert it.commands.said == [
        ["steer", "T2", "--", "keep it"],
        ["pause", "T2"],
        ["retry", "T2"],
        ["retry", "T2", "--rung", "pro"],
        ["prefer", "T2"],
        ["cancel", "--task", "T2"],
    ]


async def test_what_undoes_itself_is_one_key(seen: Make) -> None:
    it = seen()
    it.say(PauseAsked(task="T2"), Preferred(task="T2"), author="person:Ada")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "j", "j", "j", "p", "plus")
        await pilot.pause()
    assert it.commands.said == [["unpause", "T2"], ["prefer", "T2", "--off"]]


async def test_money_and_autonomy_are_typed_for_the_run_or_the_team_that_is_meant(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", asked_by="T2:1")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("B")
        assert it.pane("foot")[0] == "raise the cap of $5.00 by, in dollars:"
        await pilot.press(*"2.50", "enter", "A")
        await pilot.press(*"ask-always", "enter")
        await it.read_inbox(pilot)
        await pilot.press("A", "enter", "A")
        assert it.pane("foot")[0] == "team shell is ask-blocking now: ask-always, ask-blocking or never?"
        await pilot.press(*"never", "enter")
        await pilot.pause()
    assert it.commands.said == [
        ["budget", "--", "2.50"],
        ["autonomy", "--team", "core", "--", "ask-always"],
        ["autonomy", "--team", "shell", "--", "never"],
    ]


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


async def test_any_command_is_typed_and_its_words_are_shown(seen: Make) -> None:
    it = seen()
    it.commands.answers["why"] = Done(code=0, out="a.py:1  x = 1\n", err="")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("colon", *"why a.py:1", "enter")
        await pilot.pause()
        assert it.pane("left")[:2] == ["$ agentctl why a.py:1", "a.py:1  x = 1"]
        await pilot.press("escape", "colon", *"why 'a", "enter")
        assert it.pane("foot")[0] == "that cannot be read: No closing quotation"


async def test_a_run_that_changes_is_shown_as_it_is(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        it.ask("schema", "Migrate", "Shim")
        await pilot.pause(0.25)
        assert it.pane("head")[0].startswith("k7m2xq building · 1 needs you · 1/4 landed")
        assert it.pane("right")[1].startswith("Q1 About schema?")
        it.alive = False
        await pilot.pause(0.25)
        assert "nothing drives it" in it.pane("head")[0]
        it.say(RunMoved(state="cancelled"))
        await pilot.pause(0.25)
        assert it.pane("head")[0].startswith("k7m2xq cancelled · 1/4 landed")


async def test_a_click_chooses_a_line(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate")
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.click("#left", offset=(5, 4))
        assert it.app.sight.cursors["dash"] == "T2"
        await pilot.click("#right", offset=(3, 1))
        assert (it.app.sight.mode, it.app.sight.question) == ("inbox", "Q1")


async def test_help_names_every_key(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        text = "\n".join(it.pane("left"))
    assert [key.words for key in KEYS if key.words not in text and not key.words.startswith("option ")] == []


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


async def test_a_task_has_to_be_chosen_and_nothing_is_played_that_is_live(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("p")
        assert it.pane("foot")[0] == "choose a task first"
        await pilot.press("full_stop")
        assert it.pane("foot")[0].startswith("this run is shown as it is")
    assert it.commands.said == []


async def test_the_plan_shows_what_needs_what_and_opens_a_task(seen: Make) -> None:
    it = seen(tasks=6)
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("o")
        lines = it.pane("left")
        assert lines[0] == "6 tasks in 3 steps; ═ is the longest path, 3 tasks"
        assert lines[2:4] == ["step 1", lines[3]]
        assert lines[3].startswith("✓ landed  T1    ═ Build part 1")
        assert "after T2" in next(line for line in lines if "T4 " in line)
        await pilot.press("slash", *"part 6", "enter", "enter")
        assert (it.app.sight.mode, it.app.sight.task) == ("task", "T6")


async def test_the_spec_has_what_speaks_for_it_in_the_margin(seen: Make) -> None:
    it = seen()
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("c")
        assert it.pane("left")[2:5] == [
            "V2        - **R1** It MUST greet.",
            "waits     - **R2** It MUST name.",
            "          - **R9** It SHOULD smile.",
        ]


async def test_the_recommended_answer_can_be_changed_before_it_is_sent(seen: Make) -> None:
    it = seen()
    it.ask("schema", "Migrate", "Shim", recommended=1)
    async with it.app.run_test(size=SIZE) as pilot:
        await it.read_inbox(pilot)
        await pilot.press("e", *" it", "enter", "q")
    assert it.commands.said == [["answer", "Q1", "--", "Shim it"]]
