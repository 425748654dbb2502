"""How likely patches are to be bad, and how many are judged together."""

import pytest
from agentctl.orchestrator.rules.odds import Features, best_size, rate, weight


def test_before_anything_is_seen_about_one_in_ten_is_bad() -> None:
    assert rate(good=0, bad=[], suspect=[]) == pytest.approx(0.1, abs=0.02)


def test_it_learns_from_what_passed_what_was_rejected_and_from_groups_that_failed() -> None:
    calm = rate(good=30, bad=[], suspect=[])
    mixed = rate(good=7, bad=[1.0, 1.0, 1.0], suspect=[])
    assert calm < 0.025
    assert mixed == pytest.approx(0.23, abs=0.05)
    assert rate(good=0, bad=[], suspect=[7.0] * 8) > rate(good=0, bad=[], suspect=[7.0]) > 0.1
    assert rate(good=0, bad=[], suspect=[2.0]) > rate(good=0, bad=[], suspect=[20.0])


@pytest.mark.parametrize(("odds", "size"), [(0.02, 39), (0.1, 7), (0.3, 2), (0.5, 1), (0.9, 1)])
def test_groups_are_the_smaller_the_likelier_patches_are_bad(odds: float, size: int) -> None:
    assert best_size([1.0] * 50, odds) == size


def test_a_patch_that_is_likelier_bad_counts_for_several() -> None:
    plain = Features()
    assert weight(plain) == 1.0
    for worse in (Features(green_alone=False), Features(files=5), Features(overlaps=1), Features(retries=1)):
        assert weight(worse) > 1.0
    assert best_size([2.0] * 50, 0.1) < best_size([1.0] * 50, 0.1)
