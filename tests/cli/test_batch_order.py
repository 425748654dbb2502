"""In which order a batch builds its specs, and how long its reviews take."""

from collections.abc import Callable

import pytest
from agentctl.cli.batch_order import Placed, Wanted, arrange, width
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.rules.review_minutes import Lines, by_kind, kind_of, review_minutes

Git = Callable[..., str]


def wanted(path: str, owns: str = "", depends: str = "") -> Wanted:
    return Wanted(path=path, owns=tuple(owns.split()), depends=tuple(depends.split()))


def test_disjoint_specs_stand_side_by_side() -> None:
    placed = arrange([wanted("a.md", "src/a/**"), wanted("b.md", "src/b/**"), wanted("c.md", "docs/**")])
    assert placed == (Placed(path="a.md"), Placed(path="b.md"), Placed(path="c.md"))
    assert width(placed) == 3


def test_specs_that_may_write_the_same_come_one_after_the_other() -> None:
    placed = arrange([wanted("a.md", "src/**"), wanted("b.md", "src/b.py"), wanted("c.md", "docs/**"), wanted("d.md")])
    assert [(each.path, each.after) for each in placed] == [
        ("a.md", ()),
        ("b.md", ("a.md",)),
        ("c.md", ()),
        ("d.md", ("a.md", "b.md", "c.md")),
    ]
    assert width(placed) == 2


def test_a_spec_comes_after_what_it_depends_on_wherever_it_was_named() -> None:
    placed = arrange([wanted("specs/b.md", "b/**", "a.md"), wanted("specs/a.md", "a/**"), wanted("c.md", "c/**")])
    assert placed[0] == Placed(path="specs/a.md")
    assert placed[1] == Placed(path="specs/b.md", needs=("specs/a.md",))
    assert arrange([wanted("x/b.md", "b/**", "../a.md"), wanted("a.md", "a/**")])[1].needs == ("a.md",)


def test_a_dependency_that_is_merged_already_holds_nothing_up() -> None:
    assert arrange([wanted("b.md", "b/**", "a.md")], built=["a.md"]) == (Placed(path="b.md"),)


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([wanted("b.md", "", "a.md")], "neither in this batch nor built"),
        ([wanted("a.md", "", "b.md"), wanted("b.md", "", "a.md")], "by a circle"),
        ([wanted("a.md", "", "a.md")], "by a circle"),
    ],
)
def test_what_cannot_be_arranged_is_told(specs: list[Wanted], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        arrange(specs)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/app.py", "code"),
        ("tests/test_app.py", "tests"),
        ("web/app.test.ts", "tests"),
        ("pkg/app_test.go", "tests"),
        ("docs/use.md", "docs"),
        ("pyproject.toml", "settings"),
        (".github/x.yml", "settings"),
        ("contest.py", "code"),
    ],
)
def test_a_file_is_of_one_kind_to_a_reviewer(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_review_minutes_follow_the_lines_and_their_kinds() -> None:
    changed = by_kind({"a.py": (100, 0), "tests/test_a.py": (100, 0), "gone.py": (0, 100), "a.lock": (900, 0)})
    assert changed == {"code": Lines(added=100, removed=100, files=2), "tests": Lines(added=100, files=1)}
    assert review_minutes({"code": Lines(added=400, files=1)}) == pytest.approx(60.25)
    assert review_minutes({"tests": Lines(added=400)}) < review_minutes({"code": Lines(added=400)})
    assert review_minutes({"code": Lines(removed=400)}) == pytest.approx(15)


# --- a batch whose runs are driven by doubles
