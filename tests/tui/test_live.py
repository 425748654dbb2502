import io
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import (
    Acted,
    AttemptStarted,
    PlanApproved,
    Planned,
    PlanRefused,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore
from agentctl.tui.live import LiveView, render
from agentctl.tui.snapshot import duration, take
from rich.cells import cell_len
from rich.console import Console

ESTIMATE = Estimate(calls=1, usd=None, minutes=1.0, critical_path=())


class Still(SystemClock):
    def now(self) -> float:
        return 1000.0


def store_of(tasks: int, *, title: str = "greet", activity: str = "reads", replay: str | None = None) -> SqliteStore:
    store = SqliteStore(None, clock=Still(), redact=str, blobs=None)
    settings = RunSettings(profile="replay" if replay else "desk", repo="/r", replay=replay)
    plan = Plan(
        summary="s",
        teams=(Team(id="core", purpose="the core"), Team(id="shell", purpose="the shell")),
        tasks=tuple(
            Task(id=f"T{n}", team="core" if n % 2 else "shell", title=f"task {n} of {title}", goal="g")
            for n in range(1, tasks + 1)
        ),
    )
    key = AttemptKey(task="T1")
    store.append(
        RunCreated(run="k7m2xq", spec_id="s", spec_blob="b", title=title, base="c", settings=settings),
        Planned(plan=plan, estimate=ESTIMATE),
        PlanApproved(),
        RunMoved(state="building"),
        AttemptStarted(key=key, rung="flash", base_tree="t"),
        Acted(key=key, turn=1, text=activity),
        author="driver",
    )
    return store


def journal() -> Journal:
    return Journal(None, clock=Still(), redact=str)


def picture(store: SqliteStore, *, height: int = 20, width: int = 100, **console: Any) -> str:
    out = io.StringIO()
    settings: dict[str, Any] = {"color_system": None, "force_terminal": False, **console}
    screen = Console(file=out, width=width, height=height, markup=False, **settings)
    screen.print(render(take(store, journal()), now=1065.0, height=height, width=width))
    return out.getvalue()


def test_while_the_planner_tries_again_the_tree_says_why() -> None:
    store = store_of(1)
    store.append(RunMoved(state="planning"), author="driver")
    assert "refused" not in picture(store)
    store.append(PlanRefused(number=1, reasons=("T2: no \x1b[31mfile",)), author="policy:plan check")
    assert "  plan 1 was refused, the planner tries again: T2: no ␛[31mfile" in picture(store).splitlines()[1]
    store.append(RunMoved(state="building"), author="driver")
    assert "refused" not in picture(store)


def test_the_tree_shows_teams_tasks_and_figures() -> None:
    store = store_of(3)
    store.append(TaskMoved(task="T2", state="landed"), author="queue")
    assert [line.rstrip() for line in picture(store, width=130).splitlines()] == [
        "k7m2xq greet [building] 1/3 landed · 0 calls in flight · $0.00 of $5.00 · 1m05s · about 3 min left",
        "  core 0/2 the core",
        "    ● works   T1 task 1 of greet  reads",
        "    · waits   T3 task 3 of greet",
        "  shell 1/1 the shell",
        "    ✓ landed  T2 task 2 of greet",
    ]


@pytest.mark.parametrize("title", ["greet", "a long title of a run " * 3, "挨拶を返す関数を作る " * 4])
@pytest.mark.parametrize("questions", [0, 2])
@pytest.mark.parametrize("width", [34, 48, 60, 72, 80, 100, 130])
def test_however_narrow_the_header_says_what_is_spent(title: str, questions: int, width: int) -> None:
    store = store_of(3, title=title)
    for number in range(questions):
        store.append(QuestionAsked(question=Question(key=str(number), kind="decision", text="?")), author="w")
    header = picture(store, width=width).splitlines()[0].rstrip()
    assert header.startswith("k7m2xq ")
    assert "$0.00 of $5.00" in header
    assert cell_len(header) <= width


def test_at_80_columns_the_title_gives_way_to_the_figures() -> None:
    header = picture(store_of(3, title="a rather long title of a run"), width=80).splitlines()[0]
    assert header.rstrip() == "k7m2xq a rather… [building] 0/3 landed · $0.00 of $5.00 · 1m05s · planned 1 min"


def test_a_replay_says_that_its_answers_are_recorded() -> None:
    assert "recorded answers" in picture(store_of(1, replay="r.jsonl"), width=130)


def test_open_questions_stand_below_the_tree() -> None:
    store = store_of(1)
    store.append(QuestionAsked(question=Question(key="k", kind="decision", text="Upper [b]or[/b] lower?")), author="w")
    assert picture(store).splitlines()[-1].strip() == "? Q1 Upper [b]or[/b] lower?"


@pytest.mark.parametrize("tasks", [1, 10, 50, 200])
@pytest.mark.parametrize("height", [5, 10, 24])
def test_however_many_tasks_the_tree_fits_and_counts_what_it_folds(tasks: int, height: int) -> None:
    store = store_of(tasks)
    lines = picture(store, height=height).splitlines()
    assert len(lines) <= height
    assert lines[0].startswith("k7m2xq")
    if height >= 10:
        assert any("T1 " in line for line in lines)
        folded = sum(int(line.split("… ")[1].split(" waits")[0]) for line in lines if "… " in line and "waits" in line)
        assert folded + sum("task" in line for line in lines) == tasks


@pytest.mark.parametrize(
    "text", ["[/]", "[red]x[/red]", "test_net[ipv6]", "a\x1b[31mb", "\x1b]52;c;aGk=\x07", "x\u202ey"]
)
def test_markup_and_control_characters_are_only_text(text: str) -> None:
    shown = picture(store_of(1, title=text, activity=text), width=200)
    assert not any(raw in shown for raw in ("\x1b", "\x07", "\u202e"))
    if text.startswith(("[", "test")):
        assert shown.count(text) == 3


def test_a_line_that_is_too_long_is_cut_and_never_wrapped() -> None:
    lines = picture(store_of(1, title="long " * 60), width=60).splitlines()
    assert len(lines) == 3
    assert all(len(line) <= 60 for line in lines)


def test_a_tick_draws_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1065.0)
    store = store_of(1)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=20)
    with LiveView(store=store, journal=journal(), console=console) as view:
        assert view.tick() is not None
        assert view.tick() is None
        store.append(TaskMoved(task="T1", state="landed"), author="queue")
        drawn = view.tick()
        assert drawn is not None
        assert drawn.landed == 1
        view.pause()
        store.append(RunMoved(state="done"), author="driver")
        assert view.tick() is None
        view.resume()
        drawn = view.tick()
        assert drawn is not None
        assert drawn.finished


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59.9, "59s"), (60, "1m00s"), (3599, "59m59s"), (7384, "2h03m"), (-1, "0s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_run_without_a_plan_is_shown(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "run.db", clock=Still(), redact=str, blobs=tmp_path)
    settings = RunSettings(profile="desk", repo="/r")
    store.append(
        RunCreated(run="k", spec_id="s", spec_blob="b", title="t", base="c", settings=settings), author="driver"
    )
    assert picture(store).startswith("k t [planning] 0/0 landed")
    store.close()
