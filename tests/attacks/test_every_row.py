"""Every attack has a test, and what is said not to be held is told the same everywhere."""

import ast
import re
from pathlib import Path

from agentctl.orchestrator.sandbox.attacks import ATTACKS, lacks

from .inside import test_files, test_others, test_resources

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "sandbox.md"


def numbered() -> dict[int, list[str]]:
    """The tests of each row, by the numbers that their names begin with."""
    found: dict[int, list[str]] = {}
    for file in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                numbers = re.match(r"test_((?:\d+_)+)", node.name)
                for number in numbers[1].strip("_").split("_") if numbers else ():
                    found.setdefault(int(number), []).append(f"{file.name}: {node.name}")
    return found


def test_each_attack_of_the_table_has_a_test_and_no_test_has_another_number() -> None:
    numbers = [attack.number for attack in ATTACKS]
    assert numbers == list(range(1, len(ATTACKS) + 1))
    assert sorted(numbered()) == numbers


def test_what_landlock_is_said_not_to_hold_is_what_was_seen_to_fail_there() -> None:
    failing = set()
    for name, test in [item for module in (test_files, test_others, test_resources) for item in vars(module).items()]:
        for mark in getattr(test, "pytestmark", []):
            if mark.name == "parametrize" and mark.args[0] == "sandbox":
                fails = {given.values[0] for given in mark.args[1] if given.marks}
                numbers = re.match(r"test_((?:\d+_)+)", name)
                assert numbers is not None
                failing |= {(kind, int(number)) for kind in fails for number in numbers[1].strip("_").split("_")}
    refused = {("landlock", 38)}  # test_egress: nothing is set up there, so nothing can be carried out
    assert failing | refused == {("landlock", number) for number in lacks("landlock")}


def test_the_page_shows_the_table() -> None:
    lines = PAGE.read_text().splitlines()
    for attack in ATTACKS:
        fails = ", ".join(name for name in ("landlock",) if attack.number in lacks(name))
        assert f"| {attack.number} | {attack.tries} | {attack.holds} | {fails} |" in lines
    for why in lacks("landlock").values():
        assert why in " ".join(lines)
