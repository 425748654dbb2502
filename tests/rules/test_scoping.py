"""Which parts of a gate judge a change."""

import pytest
from agentctl.orchestrator.nouns.runs import GatePart
from agentctl.orchestrator.nouns.verdicts import Expectation, Scope, Verdict
from agentctl.orchestrator.rules.scoping import due, idle_beside, narrowed, scope_of, whole

A = GatePart(name="a", paths=("src/a/**", "shared.py"), tests=("tests/a",), commands=("check a", "both"))
B = GatePart(name="b", paths=("src/b",), tests=("tests/b/test_b.py",), commands=("both",))
LINT = GatePart(name="lint", commands=("lint",))
PARTS = (A, B, LINT)
COMMANDS = ("check a", "both", "lint")


@pytest.mark.parametrize(
    ("changed", "names", "commands", "without"),
    [
        (["src/a/deep/x.py"], ("a", "lint"), COMMANDS, ("tests/b/test_b.py",)),
        (["src/b/x.py"], ("b", "lint"), ("both", "lint"), ("tests/a",)),
        (["shared.py", "src/b/x.py"], ("a", "b", "lint"), COMMANDS, ()),
        (["tests/a/test_new.py"], ("a", "lint"), COMMANDS, ("tests/b/test_b.py",)),
        (["README.md", "src/abc.py"], ("lint",), ("lint",), ("tests/a", "tests/b/test_b.py")),
        ([], ("lint",), ("lint",), ("tests/a", "tests/b/test_b.py")),
    ],
)
def test_a_part_judges_what_its_paths_and_tests_name(
    changed: list[str], names: tuple[str, ...], commands: tuple[str, ...], without: tuple[str, ...]
) -> None:
    assert scope_of(PARTS, COMMANDS, changed=changed) == Scope(names=names, commands=commands, without=without)


def test_the_whole_gate_leaves_nothing_out() -> None:
    assert whole(PARTS, COMMANDS) == Scope(names=("a", "b", "lint"), commands=COMMANDS)


def test_what_is_left_out_is_not_expected_unless_it_is_locked() -> None:
    tests = frozenset({"tests/a/test_a.py::one", "tests/abc.py::two", "tests/a/spec.py::three", "tests/c.py::four"})
    expected = Expectation(tests=tests, red=frozenset({"tests/a/test_a.py::red"}))
    scope = scope_of(PARTS, COMMANDS, changed=["src/b/x.py"])
    found = narrowed(expected, scope, locked={"tests/a/spec.py::three"})
    assert found.tests == tests - {"tests/a/test_a.py::one"}
    assert found.red == expected.red
    assert narrowed(expected, whole(PARTS, COMMANDS), locked=()) == expected


@pytest.mark.parametrize(
    ("landed", "every", "is_due"),
    [
        ([], 1, True),
        ([], 2, False),
        (["some"], 2, True),
        (["all"], 2, False),
        (["all", "some"], 2, True),
        (["some", "some", "all"], 2, False),
        (["all", "none", "some"], 3, True),  # a group's first has no verdict of its own
        (["all", "none", "some"], 4, False),
    ],
)
def test_after_so_many_landings_the_whole_gate_is_due(landed: list[str], every: int, *, is_due: bool) -> None:
    names = {"all": ("a", "b", "lint"), "some": ("lint",)}
    verdicts = [
        Verdict(tree="t", gate="g", passed=True, gates=names[each]) if each in names else None for each in landed
    ]
    assert due(verdicts, PARTS, every=every) is is_due


@pytest.mark.parametrize(
    ("changed", "idle"),
    [
        (["src/a/x.py"], ("pg",)),
        (["src/b/x.py"], ()),
        (["README.md"], ("pg", "redis")),
        (["src/a/x.py", "src/b/x.py"], ()),
    ],
)
def test_a_service_that_a_part_names_runs_with_that_part_and_not_otherwise(
    changed: list[str], idle: tuple[str, ...]
) -> None:
    parts = (
        GatePart(name="a", paths=("src/a/**",), commands=("a",), services=("redis",)),
        GatePart(name="b", paths=("src/b/**",), commands=("b",), services=("redis", "pg")),
        LINT,
    )
    assert scope_of(parts, COMMANDS, changed=changed).idle == idle
    assert whole(parts, COMMANDS).idle == ()
    found = [sorted(idle_beside(command, parts)) for command in ("a", "b", "lint", "of the spec")]
    assert found == [["pg"], [], ["pg", "redis"], []]
