"""When an attempt gets nowhere."""

from agentctl.agents.history import Turn
from agentctl.agents.models.port import ToolCall
from agentctl.agents.progress import no_progress


def turn(number: int, *calls: tuple[str, dict[str, str], str]) -> Turn:
    made = tuple(
        ToolCall(id=f"c{index}", name=name, arguments=dict(given)) for index, (name, given, _) in enumerate(calls)
    )
    results = {f"c{index}": result for index, (_, _, result) in enumerate(calls)}
    return Turn(number=number, text="", calls=made, results=results)


def edited(new: str, result: str = "edited a at line 1") -> tuple[str, dict[str, str], str]:
    return "edit", {"path": "a", "old": "x", "new": new}, result


RED = ("test", {}, "did not pass\n``` tests\nR1\n```\n")
GREEN = ("test", {}, "passed\n``` tests\n3 passed\n```\n")


def test_nothing_yet_is_not_stuck() -> None:
    assert no_progress(()) == ""
    assert no_progress((turn(0, edited("y")),)) == ""


def test_looking_twice_at_the_same_is_not_stuck() -> None:
    read = ("read", {"path": "a"}, "text")
    assert no_progress((turn(0, read), turn(1, read))) == ""


def test_a_repeated_change_beside_a_new_one_is_progress() -> None:
    assert no_progress((turn(0, edited("y")), turn(1, edited("y"), edited("z")))) == ""
    assert no_progress((turn(0, edited("y")), turn(1, edited("z")), turn(2, edited("y")))) != ""


def test_three_equal_red_tests_with_changes_between_are_stuck() -> None:
    turns = [turn(number, edited(str(number)), RED) for number in range(3)]
    assert no_progress(turns) == "3 test runs failed in the same way, with changes between them"
    assert no_progress(turns[:2]) == ""


def test_equal_red_tests_without_changes_between_are_one() -> None:
    assert no_progress([turn(0, edited("y"), RED), turn(1, RED), turn(2, RED), turn(3, RED)]) == ""


def test_green_tests_may_repeat() -> None:
    assert no_progress([turn(number, edited(str(number)), GREEN) for number in range(5)]) == ""


def test_a_submission_that_was_not_carried_out_is_no_red_gate() -> None:
    refused = ("submit", {}, "error: not submitted: edit went wrong in the same reply; see to it first")
    assert no_progress([turn(0, refused), turn(1, refused)]) == ""
    red = ("submit", {}, "The gate did not accept this:\nR1\n")
    assert no_progress([turn(0, red), turn(1, edited("y")), turn(2, red)]) == "the gate failed twice in the same way"
