"""`agentctl gate check` on real repositories, in the real gate."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .shop import PRICE

Call = Callable[..., Any]

TEST = """\
from price import name, price


def test_price():
    assert (price(9), price(10), name()) == (90, 90, "shop")
"""
SHAKY = """\
import uuid

import pytest


@pytest.mark.parametrize("n", [uuid.uuid4().hex])
def test_shaky(n): ...
"""
DRAW = "def draw(n):\n    return n * 2\n"


@pytest.mark.usefixtures("confined")
def test_a_gate_that_sees_a_fault_in_each_package_is_proven(
    agentctl: Call, commit: Call, repo: Path, git_in: Call
) -> None:
    head = commit("shop", {"src/price.py": PRICE, "tests/test_price.py": TEST})
    (repo / "src/price.py").write_text("not committed")
    before = git_in(repo, "status", "--porcelain=v1", "--ignored=no")
    done = agentctl("gate", "check")
    assert done.code == 0, done.out + done.err
    first, heads, row, last = done.out.splitlines()
    assert first.startswith(f"HEAD {head[:7]}  1 file not committed, so not looked at  1 test, run twice: ")
    assert heads.split() == ["PACKAGE", "PLANTED", "CAUGHT", "BY"]
    assert row == "src      src/price.py:3 `(n * 9) + 1` for `n * 9`  tests/test_price.py::test_price"
    assert last == "proven: 1 package with a fault that is caught, and both runs agree"
    assert git_in(repo, "status", "--porcelain=v1", "--ignored=no") == before
    assert (repo / "src/price.py").read_text() == "not committed"
    assert not list((repo / ".agentctl" / "work").iterdir())


@pytest.mark.usefixtures("confined")
def test_what_nothing_tests_and_what_is_flaky_is_said(agentctl: Call, commit: Call) -> None:
    files = {"src/price.py": PRICE, "plot/draw.py": DRAW, "tests/test_price.py": TEST, "tests/test_shaky.py": SHAKY}
    settings = {"agentctl.toml": 'gate = ["false", "grep -q price src/price.py"]\n'}
    commit("shop", {**files, **settings})
    done = agentctl("gate", "check", "--json", "--faults", "1")
    found = json.loads(done.out)
    assert done.code == 6
    assert [each["package"] for each in found["packages"]] == ["plot", "src"]
    assert found["packages"][1]["by"] == "tests/test_price.py::test_price"
    assert (found["red"], found["ok"]) == (["`false`"], False)
    assert {each["second"] for each in found["differs"]} == {"not run", "passed"}
    one = agentctl("gate", "check", "plot", "--faults", "1")
    assert one.code == 6
    rows = one.out.splitlines()
    assert (
        rows[2] == "plot     plot/draw.py:2 `(n * 2) + 1` for `n * 2`  NOT CAUGHT: nothing tests what this package does"
    )
    assert rows[-1] == "not proven: 0/1 packages with a fault that is caught, 2 tests flaky"


def test_what_cannot_be_looked_at_is_a_wrong_usage(agentctl: Call, repo: Path) -> None:
    (repo / "agentctl.toml").write_text('[workspace]\nsandbox = "none"\n')
    assert agentctl("gate", "check").code == 2
    unknown = agentctl("gate", "check", "src/nowhere")
    assert (unknown.code, "src/nowhere is no folder of HEAD" in unknown.err) == (2, True)
    assert agentctl("gate", "check", "../elsewhere").code == 2
    assert agentctl("gate", "check", "--faults", "0").code == 2
    assert agentctl("gate", "prove").code == 2
