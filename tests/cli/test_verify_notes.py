"""What `agentctl verify` says of shared checks, of a line that failed, and of an input file that cannot be made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.specs.lock import read_lock

from .shop import PRICE, SPEC, TRAILERS, statuses

Call = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("confined")


def test_a_fixture_that_cannot_be_made_fails_its_checks_and_no_others(agentctl: Call, commit: Call) -> None:
    spec = SPEC.replace("```python R1", "```python fixture data/rows.txt\nx = 1\nprint(x / 0)\n```\n\n```python R1")
    spec = spec.replace("assert price(9) == 90", "open('data/rows.txt')\nassert price(9) == 90")
    commit("before", {"shop.md": spec})
    commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    done = agentctl("verify", "shop.md")
    _, _, one, two, _ = done.out.splitlines()
    assert (done.code, one.split()[2], two.split()[2]) == (6, "FAILING", "VERIFIED"), done.out + done.err
    assert "R1.c1: the fixture data/rows.txt could not be made: ZeroDivisionError: division by zero shop.md:8" in one


def test_a_failing_check_points_to_its_own_line(agentctl: Call, commit: Call) -> None:
    commit("wrong", {"shop.md": SPEC, "src/price.py": PRICE.replace("n * 9", "n * 8")})
    done = agentctl("verify", "shop.md", "--json")
    (check,) = json.loads(done.out)["items"][0]["checks"]
    assert SPEC.splitlines()[check["line"] - 1] == "assert price(10) == 90"
    assert "R1.c1: assert 80 == 90 shop.md:9" in agentctl("verify", "shop.md").out


UNKNOWN = "The commit before the work is not known"


def test_the_commit_before_is_said_to_be_unknown_only_where_it_is(agentctl: Call, commit: Call) -> None:
    before = commit("spec", {"shop.md": SPEC})
    commit("core: prices", {"src/price.py": PRICE})
    assert UNKNOWN in agentctl("verify", "shop.md", "--mutants", "2").out
    assert UNKNOWN not in agentctl("verify", "shop.md", "--mutants", "2", "--base", before, "--write").out
    done = agentctl("verify", "shop.md", "--cached")
    assert "2 from the lock" in done.out
    assert UNKNOWN not in done.out


def test_a_shared_check_is_remembered_with_what_it_shows_of_each(agentctl: Call, commit: Call, repo: Path) -> None:
    both = SPEC.replace("```python R2", "```python R2 R1")
    commit("spec", {"shop.md": both})
    commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    done = agentctl("verify", "shop.md", "--write", "--json")
    checks = {item["id"]: [c["level"] for c in item["checks"]] for item in json.loads(done.out)["items"]}
    assert checks == {"R1": ["V2", "V1"], "R2": ["V2"]}
    (row,) = [row for row in read_lock((repo / "shop.lock").read_text()).evidence if row.check == "R2.c1"]
    assert row.kills == {"R2": row.killed}
    shared = both.replace(
        'assert name() == "shop"', 'from price import price\nassert name() == "shop" and price(2) == 20'
    )
    commit("more", {"shop.md": shared})
    agentctl("verify", "shop.md", "--write")
    again = agentctl("verify", "shop.md", "--cached")
    assert "2 from the lock" in again.out
    assert statuses(agentctl("verify", "shop.md", "--cached", "--json").out) == {"R1": "VERIFIED", "R2": "VERIFIED"}
