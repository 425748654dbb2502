"""Canonical data in Exercism's form, made up here, becomes specs whose checks say what the data says."""

from typing import Any

import pytest
from agentctl.bench.specs.canonical import Code, exercise, named
from agentctl.bench.specs.exercism import collecting, compiled, spec_text
from agentctl.bench.specs.telling import CannotJudge, Told, solved, tell
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult


def case(given: dict[str, Any], expected: Any, *, description: str = "a case", **more: Any) -> dict[str, Any]:
    return {
        "uuid": "u",
        "description": description,
        "property": "doThing",
        "input": given,
        "expected": expected,
        **more,
    }


def made(*cases: dict[str, Any], slug: str = "some-thing") -> dict[str, Any]:
    return {"exercise": slug, "cases": list(cases)}


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " a ",
            "a|b",
            "\\",
            "\\|",
            "|",
            "`",
            "``a`",
            "a\nb\t",
            "'",
            '"',
            "'\"",
            "日本",
            "raises ValueError",
            "=>",
            "*a* _b_",
        ),
        *(
            0,
            -1,
            1.5,
            True,
            None,
            [],
            {},
            [[]],
            {"a|": ["`", {"b": None}]},
            18446744073709551615,
            "<b>&amp;",
            "\u00a0",
            "[x](y)",
        ),
    ],
)
def test_every_value_is_read_back_as_it_was_written(value: Any) -> None:
    ready = compiled(exercise(made(case({"x": value}, 1), case({"x": 1}, value))))
    assert ready.wrong == ()
    assert [check.path for check in ready.checks] == ["tests/spec_some_thing/test_some_thing_R1_t1.py"]


def test_an_exercise_becomes_items_a_stub_and_a_table_for_each_list_of_arguments() -> None:
    ready = exercise(
        made(
            {"description": "group", "cases": [case({"shiftKey": 1}, "b", description="adds `one`")]},
            case({"shiftKey": 1, "from": "z"}, {"error": "too far"}, description="is refused"),
            case({}, 3, description="needs nothing"),
        )
    )
    assert spec_text(ready) == (
        "# some-thing\n\n## Interface\n\n```python interface src/some_thing.py\n"
        "def do_thing(shift_key=None, from_=None): ...\n```\n\n## Requirements\n\n"
        "- **R1** `do_thing` MUST give what the example says: adds one.\n"
        "- **R2** `do_thing` MUST raise `ValueError`: is refused.\n"
        "- **R3** `do_thing` MUST give what the example says: needs nothing.\n\n"
        "### Examples for R1: `do_thing(shift_key=shift_key)`\n\n| shift_key | => |\n|---|---|\n| `1` | `'b'` |\n\n"
        "### Examples for R2: `do_thing(shift_key=shift_key, from_=from_)`\n\n"
        "| shift_key | from_ | => |\n|---|---|---|\n"
        "| `1` | `'z'` | raises ValueError |\n\n"
        "```python R3\nfrom some_thing import do_thing\nassert do_thing() == 3\n```\n"
    )


def test_functions_as_arguments_are_checked_in_python() -> None:
    ready = exercise(made(case({"f": "fn(x) -> starts_with(x, 'z')"}, []), case({"f": "(x, y) -> x modulo y"}, 1)))
    assert [each.arguments["f"] for each in ready.cases] == [
        Code(source="lambda x: x.startswith('z')"),
        Code(source="lambda x, y: x % y"),
    ]
    assert compiled(ready).wrong == ()


def test_what_is_no_call_with_a_result_is_left_out_with_its_reason() -> None:
    ready = exercise(
        made(
            case({"operations": [{"operation": "read", "expected": 1}]}, {}),
            case({"key": "cipher.key.substring(0, 3)"}, "a"),
            case({"x": 1}, 1, uuid="old"),
            case({"x": 1}, 2, uuid="new", reimplements="old"),
        )
    )
    assert [each.expected for each in ready.cases] == [2]
    assert sorted(ready.left_out.values()) == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("isPaired", "is_paired"),
        ("two-bucket", "two_bucket"),
        ("from", "from_"),
        ("expected", "expected_"),
        ("clock1", "clock1"),
    ],
)
def test_names_become_those_of_python(name: str, python: str) -> None:
    assert named(name) == python


def test_an_argument_may_be_called_like_the_function_or_like_a_builtin() -> None:
    data = made(case({"doThing": 1, "list": [1]}, 1))
    assert list(exercise(data).cases[0].arguments) == ["do_thing", "list"]
    assert compiled(exercise(data)).wrong == ()


def test_an_exercise_counts_when_pytest_finds_every_test() -> None:
    good = compiled(exercise(made(case({"x": 1}, 1), case({}, 2), slug="good")))
    empty = compiled(exercise(made(slug="empty")))
    odd = compiled(exercise(made(case({"x y": 1}, 1), slug="odd")))
    assert odd.wrong
    assert collecting([good, empty, odd]) == [good]


LEAP = [case({"year": year}, expected) for year, expected in ((2019, False), (2024, True), (2200, False), (2400, True))]


def test_there_is_a_right_and_a_wrong_solution_of_ten_exercises() -> None:
    assert len(solved()) == 10


def test_the_gate_tells_a_right_solution_from_a_wrong_one() -> None:
    data = made(*({**each, "property": "leap_year"} for each in LEAP), slug="leap")
    blind = made({**LEAP[0], "property": "leap_year"}, slug="leap")
    try:
        sharp, dull = tell([compiled(exercise(data)), compiled(exercise(blind))])
    except CannotJudge as cannot:
        pytest.skip(str(cannot))
    assert sharp.apart
    assert (sharp.against_right, len(sharp.against_wrong)) == ([], 1)
    assert not dull.apart


def report(*outcomes: tuple[str, str], complete: bool = True) -> GateReport:
    results = tuple(
        TestResult(id=str(number), outcome="passed" if raised == "" else "failed", raised=raised, detail=detail)
        for number, (raised, detail) in enumerate(outcomes)
    )
    return GateReport(complete=complete, results=results, problem="" if complete else "crashed")


FINE, NO, BROKEN = ("", ""), ("assertion", "1 != 2"), ("ImportError", "no module")


@pytest.mark.parametrize(
    ("right", "wrong", "apart"),
    [
        (report(FINE, FINE), report(FINE, NO), True),
        (report(FINE, FINE), report(FINE, FINE), False),
        (report(FINE, FINE), report(BROKEN, BROKEN), False),
        (report(FINE, FINE), report(NO, complete=False), False),
        (report(FINE, NO), report(FINE, NO), False),
        (report(FINE), report(FINE, NO), False),
        (report(FINE, FINE, complete=False), report(FINE, NO), False),
    ],
)
def test_apart_means_all_pass_and_at_least_one_says_no_by_assertion(
    right: GateReport, wrong: GateReport, *, apart: bool
) -> None:
    assert Told(slug="a", tests=2, right=right, wrong=wrong).apart is apart
