import json
from collections.abc import Callable
from typing import Any

import pytest
from agentctl.cli.moments import Since, since, until
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.events import Acted, BudgetRaised, QuestionAnswered, RunMoved

Command = Callable[..., Any]


def test_a_brief_tells_what_was_asked_decided_done_and_is_open(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.call("{}", "{}")
    done = agentctl("brief")
    assert (done.code, done.err) == (0, "")
    sections = [line for line in done.out.splitlines() if line.startswith("## ")]
    assert sections == ["## Asked", "## Decided", "## Done", "## Open", "## Cost", "## Where to look"]
    assert "- R1 `greet(name)` in `src/greet.py` MUST return `Hello, NAME!`. (nothing speaks for it yet)" in done.out
    assert "- plan approved (driver," in done.out
    assert "Nothing has landed yet." in done.out
    assert "- Q1 Upper or lower case?; holds up 2 tasks" in done.out
    assert "answer with: agentctl answer --run k7m2xq Q1 NUMBER|TEXT" in done.out
    assert "- stuck: T1 Write greet, attempt 1 on flash" in done.out
    assert "- waits for others: T2" in done.out
    assert "$0.0200 in 1 call, 100 tokens in and 10 out; in all $0.0200 of at most $5.00" in done.out
    assert "`agentctl logs --run k7m2xq T1`" in done.out


def test_a_brief_names_who_decided_and_the_commits_with_their_evidence(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.store.append(QuestionAnswered(key="case", answer="lower"), author="person:Ada")
    run.store.append(BudgetRaised(usd=2.0), author="person:Bo")
    run.done("c" * 40, "t" * 40)
    out = agentctl("brief").out
    assert "- Q1 Upper or lower case?: lower (Ada, " in out
    assert "- budget raised by $2.00 (Bo, " in out
    assert "- `cccccccccc` T1 Write greet: R1 V1" in out
    assert "`git merge agentctl/k7m2xq/all`" in out
    assert "of at most $7.00" in out


def test_since_leaves_out_what_was_known_and_keeps_what_is_open(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.store.append(QuestionAnswered(key="case", answer="lower"), author="person:Ada")
    last = run.store.events()[-1].seq
    run.store.append(BudgetRaised(usd=2.0), author="person:Bo")
    page = agentctl("brief", "--since", str(last))
    assert "lower (Ada" not in page.out
    assert "budget raised by $2.00 (Bo" in page.out
    assert "- stuck: T1" in page.out
    document = json.loads(agentctl("brief", "--json", "--since", "1h").out)
    assert [each["by"] for each in document["decided"]] == ["driver", "person:Ada", "person:Bo"]
    assert document["last_event"] == run.store.events()[-1].seq


def test_a_brief_stays_on_one_page_whatever_happened(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    for number in range(200):
        run.say(Acted(key=run.key, turn=number, text="edited"))
        run.store.append(BudgetRaised(usd=0.5), author="person:Ada")
    run.say(RunMoved(state="failed", reason="because\x1b[31m"))
    out = agentctl("brief").out
    assert len(out.splitlines()) < 60
    assert "and 189 more: agentctl events k7m2xq" in out
    assert "\x1b" not in out


NOW = 1_800_000_000.0


@pytest.mark.parametrize(("typed", "seconds"), [("+8h", 28800), ("+90m", 5400), ("+1h30m", 5400), ("+2d", 172800)])
def test_until_takes_a_span(typed: str, seconds: float) -> None:
    assert until(typed, now=NOW) == NOW + seconds


def test_until_takes_the_next_time_of_day_and_since_the_last_one() -> None:
    for typed in ("00:00", "07:00", "23:59"):
        assert NOW < until(typed, now=NOW) <= NOW + 86400 + 7200
        assert NOW - 86400 - 7200 <= since(typed, now=NOW).at <= NOW


@pytest.mark.parametrize("typed", ["", "soon", "8h", "25:00", "2001-01-01", "+", "+8x", "7"])
def test_until_refuses_what_is_no_time_to_come(typed: str) -> None:
    with pytest.raises(UsageError, match="--until"):
        until(typed, now=NOW)


@pytest.mark.parametrize(
    ("typed", "meant"), [("41", Since(event=41)), ("1h", Since(at=NOW - 3600)), ("2d", Since(at=NOW - 172800))]
)
def test_since_takes_an_event_or_a_span(typed: str, meant: Since) -> None:
    assert since(typed, now=NOW) == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "25:61", "h"])
def test_since_refuses_what_is_no_time(typed: str, agentctl: Command, new_run: Command) -> None:
    new_run()
    done = agentctl("brief", "--since", typed)
    assert (done.code, done.out) == (2, "")
    assert "--since" in done.err
