"""When a red verdict is evidence of flakiness."""

import pytest
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.flakes import Flaky, flaky, only_flaked


def red(tree: str, *reasons: str, tests: tuple[str, ...] = ()) -> Verdict:
    return Verdict(tree=tree, gate="g", passed=False, reasons=reasons, tests=tests)


def green(tree: str, *tests: str) -> Verdict:
    return Verdict(tree=tree, gate="h", passed=True, tests=tests)


@pytest.mark.parametrize(
    ("verdict", "seen", "flaked"),
    [
        (red("1", "t::a failed:\nboom"), [green("1", "t::a")], True),
        (red("2", "t::a failed:\nboom"), [green("1", "t::a"), red("1", "t::a could not be run")], True),
        (red("1", "t::a failed:\nboom"), [green("2", "t::a")], False),
        (red("1", "t::a failed", "t::b failed"), [green("1", "t::a")], False),
        (red("1", "t::a was not run: do not delete it"), [green("1", "t::a")], False),
        (red("1", "`ruff check` ended with 1:\n"), [green("1", "t::a")], False),
    ],
)
def test_only_a_test_that_failed_and_passed_on_one_tree_flakes(
    verdict: Verdict, seen: list[Verdict], *, flaked: bool
) -> None:
    assert only_flaked(verdict, [verdict, *seen]) is flaked


def test_how_often_a_test_flaked_is_counted_on_the_trees_where_it_did_both() -> None:
    seen = [
        red("1", "t::a failed:\nboom", tests=("t::b",)),
        green("1", "t::a", "t::b"),
        green("1", "t::a", "t::b"),
        red("2", "t::a could not be run", "t::b failed"),
    ]
    assert flaky(seen) == (Flaky(test="t::a", failed=1, judged=3),)
