"""A run in memory that changes at a test's word, and the dashboard on it with a clock that stands still."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import (
    Acted,
    AttemptStarted,
    EvidenceFound,
    Fact,
    Landed,
    PlanApproved,
    Planned,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import Evidence, Landing, RunSettings
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore
from agentctl.tui.app import Dashboard
from agentctl.tui.commands import Done
from agentctl.tui.look import Feed
from agentctl.tui.pane import Pane
from agentctl.tui.steady import SECONDS
from textual.pilot import Pilot

NOW = 1_000.0


class Still(SystemClock):
    def now(self) -> float:
        return NOW


@dataclass
class Commands:
    """Notes what it is told to run, and answers as a test says."""

    said: list[list[str]] = field(default_factory=list)
    answers: dict[str, Done] = field(default_factory=dict)

    async def run(self, argv: Sequence[str]) -> Done:
        self.said.append([*argv])
        return self.answers.get(argv[0], Done(code=0, out="", err=f"{argv[0]} done\n"))

    def here(self, argv: Sequence[str]) -> int:
        self.said.append(["here", *argv])
        return 0


@dataclass
class Seen:
    """A dashboard, what it shows, and the hands on its clock."""

    store: SqliteStore
    journal: Journal
    commands: Any = field(default_factory=Commands)
    at: float = 100.0
    alive: bool = True
    rung: list[str] = field(default_factory=list)
    focus: list[bool] = field(default_factory=list)

    @cached_property
    def app(self) -> Dashboard:
        """Made when it is first wanted: it begins with what the run is then."""
        feed = Feed(store=self.store, journal=self.journal, alive=lambda: self.alive, clock=lambda: NOW)
        return Dashboard(
            feed, self.commands, ring=self.rung.append, focused=self.focus.append, monotonic=lambda: self.at
        )

    def say(self, *facts: Fact, author: str = "driver") -> None:
        self.store.append(*facts, author=author)

    def ask(self, key: str, *options: str, kind: Any = "decision", **more: Any) -> None:
        made = tuple(Option(text=text) for text in options)
        self.say(QuestionAsked(question=Question(key=key, kind=kind, text=f"About {key}?", options=made, **more)))

    async def read_inbox(self, pilot: Pilot[None]) -> None:
        """Open the inbox, and look at it for as long as a key needs to count."""
        await pilot.press("i")
        await pilot.pause()
        self.at += 2 * SECONDS

    def pane(self, name: str) -> list[str]:
        return [each.text.rstrip() for each in self.app.query_one(f"#{name}", Pane).entries]

    def screen(self) -> list[str]:
        """What stands on the terminal, row by row."""
        width, height = self.app.size
        rows = [self.app.screen._compositor.render_strips()[row] for row in range(height)]
        return ["".join(segment.text for segment in strip)[:width].rstrip() for strip in rows]


def plan_of(tasks: int) -> Plan:
    teams = (Team(id="core", purpose="the core"), Team(id="shell", purpose="the shell"))
    return Plan(
        summary="s",
        teams=teams,
        tasks=tuple(
            Task(
                id=f"T{n}",
                team="core" if n % 2 else "shell",
                title=f"Build part {n}",
                goal="g",
                requirements=(f"R{n}",),
                needs=(f"T{n - 2}",) if n > 2 else (),
            )
            for n in range(1, tasks + 1)
        ),
    )


@pytest.fixture
def seen() -> Callable[..., Seen]:
    """``seen(tasks=4)``: a run that is being built: T1 landed, T2 at work."""

    def make(*, tasks: int = 4, activity: str = "reads src/a.py") -> Seen:
        store = SqliteStore(None, clock=Still(), redact=str, blobs=None)
        spec = store.put_blob("# greet\n\n- **R1** It MUST greet.\n- **R2** It MUST name.\n- **R9** It SHOULD smile.\n")
        journal = Journal(None, clock=Still(), redact=str)
        one, two = AttemptKey(task="T1"), AttemptKey(task="T2")
        landing = Landing(order=1, key=one, commit="c" * 40, tree="t" * 40, patch="p" * 40, at=NOW)
        evidence = Evidence(
            requirement="R1", requirement_key="k", check="R1.c1", level="V2", task="T1", commit="c" * 40, tree="t" * 40
        )
        settings = RunSettings(profile="desk", repo="/r")
        store.append(
            RunCreated(run="k7m2xq", spec_id="s", spec_blob=spec, title="greet", base="c", settings=settings),
            Planned(plan=plan_of(tasks), estimate=Estimate(calls=1, usd=None, minutes=1.0, critical_path=())),
            PlanApproved(),
            RunMoved(state="building"),
            AttemptStarted(key=one, rung="flash", base_tree="t"),
            AttemptStarted(key=two, rung="flash", base_tree="t"),
            Acted(key=two, turn=1, text=activity),
            Landed(landings=(landing,)),
            TaskMoved(task="T1", state="landed"),
            EvidenceFound(evidence=(evidence,)),
            author="driver",
        )
        return Seen(store=store, journal=journal)

    return make
