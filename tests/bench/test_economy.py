from agentctl.agents.models.port import Usage
from agentctl.bench import economy, small
from agentctl.bench.report import Unmeasured


def test_the_shipped_recordings_give_every_figure_or_say_why_not() -> None:
    report = economy.run(quick=True)
    assert report.problems == ()
    assert len(report.every_bar) == 3
    assert all(isinstance(bar, Unmeasured) or bar.value > 0 for bar in report.every_bar)
    assert all("teams" in bar.why for bar in report.unmeasured)
    assert "quickstart" in report.figures


def test_of_a_prompt_that_begins_like_an_earlier_one_with_the_same_tools_the_rest_is_fresh() -> None:
    tools, other = "a" * economy.DIGEST, "b" * economy.DIGEST
    counted = Usage(prompt=100, completion=1)
    assert economy.fresh_of(counted, f"{tools}abcd", []) == 100
    assert economy.fresh_of(counted, f"{tools}abcd", [f"{other}abcd"]) == 100
    assert economy.fresh_of(counted, f"{tools}abcd", [f"{tools}x", f"{tools}abyy", f"{tools}bcd"]) == 50
    assert economy.fresh_of(counted, f"{tools}abc", [f"{tools}abcd"]) == 0


def test_of_an_estimate_the_tokens_of_the_tools_are_those_that_the_messages_do_not_account_for() -> None:
    tools, messages = "a" * economy.DIGEST, "x" * 660
    estimated = Usage(prompt=301, completion=1, estimated=True)
    assert economy.fresh_of(estimated, tools + messages, []) == 301
    assert round(economy.fresh_of(estimated, tools + messages, [f"{tools}{'x' * 330}y"])) == 100
    few = Usage(prompt=50, completion=1, estimated=True)
    assert economy.fresh_of(few, tools + messages, [f"{tools}{'x' * 330}y"]) == 25


def test_the_repository_of_the_suite_small_has_its_files_and_the_line_to_change_is_in_one() -> None:
    files = small.files("http://127.0.0.1:1/v1")
    assert len(files) + 2 == small.FILES
    assert files[small.PATH].count(small.OLD) == 1
