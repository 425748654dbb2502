"""Every key of the dashboard, on a run that a test moves."""

from collections.abc import Callable

import pytest
from agentctl.orchestrator.nouns.events import RunMoved
from agentctl.orchestrator.nouns.hand_facts import PauseAsked, Preferred
from agentctl.tui.commands import Done
from agentctl.tui.keys import KEYS
from agentctl.tui.pane import Pane

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


async def test_a_long_refusal_is_told_to_its_end(seen: Make) -> None:
    it = seen()
    words = "agentctl: " + "this could be a yes or a wish " * 4 + "type `approve` or give a reason"
    it.commands.answers["pause"] = Done(code=2, out="", err=words)
    async with it.app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "j", "j", "j", "p")
        await pilot.pause()
        assert " ".join(it.pane("foot")) == words


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
