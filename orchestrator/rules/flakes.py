"""Whether a red verdict is evidence of nothing but flakiness. Pure."""

from collections.abc import Iterable, Sequence

from ..nouns.verdicts import Verdict


def only_flaked(verdict: Verdict, seen: Sequence[Verdict]) -> bool:
    """Whether each reason is of a test that is known to flake: it failed and passed on one and the same tree.

    Args:
        verdict: the red one.
        seen: the verdicts of this run, that one among them or not.
    """
    flaky = {
        test for tree in {each.tree for each in seen} for test in _both(each for each in seen if each.tree == tree)
    }
    return bool(verdict.reasons) and all(any(_is_of(reason, test) for test in flaky) for reason in verdict.reasons)


def _both(of_one_tree: Iterable[Verdict]) -> set[str]:
    verdicts = list(of_one_tree)
    reasons = [reason for each in verdicts for reason in each.reasons]
    return {test for each in verdicts for test in each.tests if any(_is_of(reason, test) for reason in reasons)}


def _is_of(reason: str, test: str) -> bool:
    return reason.startswith((f"{test} failed", f"{test} could not be run"))
