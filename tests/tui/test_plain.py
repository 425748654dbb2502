import io
from dataclasses import replace

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.delivery import Opened, Rebuilt
from agentctl.orchestrator.nouns.events import (
    Acted,
    AttemptEnded,
    AttemptStarted,
    BudgetRaised,
    Chosen,
    Event,
    EvidenceFound,
    Fact,
    Judged,
    Landed,
    LandingIntended,
    Noted,
    Patched,
    PlanApproved,
    Planned,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    Reviewed,
    RolloutMoved,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.forge_facts import PullRebuilt, PullStands
from agentctl.orchestrator.nouns.hand_facts import CancelAsked
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.notices import HumanNeeded
from agentctl.orchestrator.nouns.plan import Estimate, Plan
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import Evidence, Landing, RunSettings
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.store.sqlite import SqliteStore
from agentctl.tui.plain import EventLines, describe, line

KEY = AttemptKey(task="T1", attempt=2)
LANDING = Landing(order=1, key=KEY, commit="c" * 40, tree="t" * 40, patch="p" * 40, at=1.0)
OPENED = Opened(name="core", number=7, url="", head="a" * 40, base="main")
EVIDENCE = Evidence(requirement="R1", requirement_key="k", check="c", level="V1", task="T1", commit="c", tree="t")
PLAN = Planned(
    plan=Plan(summary="two steps", teams=(), tasks=()),
    estimate=Estimate(calls=1, usd=None, minutes=1.0, critical_path=()),
)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (
            RunCreated(
                run="k7", spec_id="s", spec_blob="b", title="t", base="c", settings=RunSettings(profile="p", repo="/r")
            ),
            "run k7 began: t",
        ),
        (RunMoved(state="done"), "run is done"),
        (PullStands(pull=OPENED), "pull request #7 of core is open at aaaaaaaaaa"),
        (PullStands(pull=replace(OPENED, number=0)), "core is pushed at aaaaaaaaaa"),
        (
            PullRebuilt(rebuilt=Rebuilt(name="core", of="o", base="b" * 40, head="h", tree="t", red="no\x1b[2J\nway")),
            "core was made anew on bbbbbbbbbb: red: no␛[2J way",
        ),
        (HumanNeeded(about="done", text="the run is done"), "you are told: the run is done"),
        (
            HumanNeeded(about="question", text="Q1 needs you", why_now="it\nwaits", questions=("Q1",)),
            "you are told: Q1 needs you (it waits)",
        ),
        (RunMoved(state="failed", reason="no\nluck"), "run is failed: no luck"),
        (PLAN, "plan: 0 tasks in 0 teams: two steps"),
        (
            PlanRefused(number=1, reasons=("T2: keep\nit", "T3: no", "plan: no")),
            "plan 1 refused by person:Ada, the planner tries again: T2: keep it (and 2 more)",
        ),
        (PlanApproved(), "plan approved by person:Ada"),
        (TaskMoved(task="T1", state="queued"), "T1 queued"),
        (AttemptStarted(key=KEY, rung="pro", base_tree="t"), "T1:2 started on pro"),
        (Acted(key=KEY, turn=3, text="write a.py"), "T1:2 turn 3: write a.py"),
        (AttemptStarted(key=KEY, rung="flash*3", base_tree="t"), "T1:2 started on flash, 3 at once"),
        (RolloutMoved(key=KEY, state="parked"), "T1:2 waits for you"),
        (RolloutMoved(key=KEY, state="working"), "T1:2 goes on"),
        (Chosen(key="race:T1:2", value="T1:2:3"), "T1:2:3 was chosen among the rollouts of T1:2"),
        (AttemptEnded(key=KEY, state="lost", reason="T1:2:3 was first"), "T1:2 let go: T1:2:3 was first"),
        (Reviewed(key=KEY, turn=0), "T1:2 read by the critic"),
        (Reviewed(key=KEY, turn=0, blocked="It says:\n- R1\n  no"), "T1:2 sent back by the critic: - R1 no"),
        (Patched(key=KEY, patch="p" * 40, tree="t"), "T1:2 wrote patch pppppppppp"),
        (AttemptEnded(key=KEY, state="failed", reason="stuck"), "T1:2 failed: stuck"),
        (
            Judged(
                verdict=Verdict(tree="t", gate="g", passed=True, tests=("a", "b"), seconds=1.25), report="r", key=KEY
            ),
            "T1:2 green: 2 tests passed in 1.2s",
        ),
        (
            Judged(verdict=Verdict(tree="t" * 40, gate="g", passed=False, reasons=("a::b failed",)), report="r"),
            "tree tttttttttt red: a::b failed",
        ),
        (
            QuestionAsked(question=Question(key="k", kind="plan", text="Go?", asked_by="planner")),
            "question from planner: Go?",
        ),
        (QuestionAnswered(key="k", answer="lower"), "answered by person:Ada: lower"),
        (QuestionAnswered(key="k", answer="edited: {}"), "answered by person:Ada: an edited plan"),
        (BudgetRaised(usd=2.5), "budget raised by $2.50 by person:Ada"),
        (Landed(landings=(LANDING,)), "landed T1:2 as cccccccccc"),
        (EvidenceFound(evidence=(EVIDENCE,)), "evidence R1 V1"),
        (EvidenceFound(evidence=()), None),
        (CancelAsked(task="T1"), "cancel asked for T1 by person:Ada"),
        (CancelAsked(), "cancel asked for the run by person:Ada"),
        (Noted(text="a \x1b[31mred\x1b[0m note"), "note: a ␛[31mred␛[0m note"),
        (Chosen(key="a", value="b"), None),
        (LandingIntended(old="a", new="b", landings=()), None),
    ],
)
def test_each_fact_is_one_line_or_none(fact: Fact, text: str | None) -> None:
    assert describe(fact, author="person:Ada") == text


def test_a_line_carries_the_time() -> None:
    event = Event(seq=1, at=3661.0, author="a", cause=None, schema=1, fact=Noted(text="x"))
    assert line(event, local=False) == "01:01:01 note: x"


def test_each_event_is_written_once_from_where_one_came_in() -> None:
    store = SqliteStore(None, clock=SystemClock(), redact=str, blobs=None)
    out = io.StringIO()
    store.append(Noted(text="history"), author="a")
    with EventLines(store=store, stream=out, shown=lambda e: describe(e.fact), after=1) as lines:
        store.append(Noted(text="one"), Chosen(key="k", value="v"), author="a")
        lines.tick()
        lines.tick()
        store.append(Noted(text="two"), author="a")
    assert out.getvalue() == "note: one\nnote: two\n"
