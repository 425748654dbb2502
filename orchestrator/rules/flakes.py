"""Which tests flake, and whether a red verdict is evidence of nothing else. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..nouns.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """A test that failed and passed on one and the same tree."""

    test: str
    failed: int
    """Verdicts on such trees in which it failed."""
    judged: int
    """Verdicts on such trees in which it failed or passed."""


def flaky(seen: Sequence[Verdict]) -> tuple[Flaky, ...]:
    """The tests that are known to flake by these verdicts, sorted."""
    failed: dict[str, int] = {}
    judged: dict[str, int] = {}
    for tree in {each.tree for each in seen}:
        verdicts = [each for each in seen if each.tree == tree]
        for test in _both(verdicts):
            reds = sum(any(_is_of(reason, test) for reason in each.reasons) for each in verdicts)
            failed[test] = failed.get(test, 0) + reds
            judged[test] = judged.get(test, 0) + reds + sum(test in each.tests for each in verdicts)
    return tuple(Flaky(test=test, failed=failed[test], judged=judged[test]) for test in sorted(failed))


def only_flaked(verdict: Verdict, seen: Sequence[Verdict]) -> bool:
    """Whether each reason is of a test that is known to flake: it failed and passed on one and the same tree.

    Args:
        verdict: the red one.
        seen: the verdicts of this run, that one among them or not.
    """
    known = {each.test for each in flaky(seen)}
    return bool(verdict.reasons) and all(any(_is_of(reason, test) for test in known) for reason in verdict.reasons)


def _both(verdicts: Sequence[Verdict]) -> set[str]:
    """Tests of one tree's verdicts."""
    reasons = [reason for each in verdicts for reason in each.reasons]
    return {test for each in verdicts for test in each.tests if any(_is_of(reason, test) for reason in reasons)}


def _is_of(reason: str, test: str) -> bool:
    return reason.startswith((f"{test} failed", f"{test} could not be run"))
