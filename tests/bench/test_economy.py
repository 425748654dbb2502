from agentctl.bench import economy, small
from agentctl.bench.report import Unmeasured


def test_the_shipped_recordings_give_every_figure_or_say_why_not() -> None:
    report = economy.run(quick=True)
    assert report.problems == ()
    assert len(report.every_bar) == 3
    assert all(isinstance(bar, Unmeasured) or bar.value > 0 for bar in report.every_bar)
    assert all("teams" in bar.why for bar in report.unmeasured)
    assert "quickstart" in report.figures


def test_a_request_is_held_by_the_cache_as_far_as_it_begins_like_an_earlier_one() -> None:
    assert economy._held("abcdef", []) == 0
    assert economy._held("abcdef", ["abx", "abcxyz", "bcdef"]) == 0.5
    assert economy._held("abc", ["abcdef"]) == 1


def test_the_repository_of_the_suite_small_has_its_files_and_the_line_to_change_is_in_one() -> None:
    files = small.files("http://127.0.0.1:1/v1")
    assert len(files) + 2 == small.FILES
    assert files[small.PATH].count(small.OLD) == 1
