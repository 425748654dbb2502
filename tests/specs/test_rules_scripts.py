"""SPT203, SPT204 and SPT221 of checks in JavaScript and TypeScript."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse
from agentctl.specs.rules import Surroundings


def findings(body: str, code: str, *, fence: str = "js R1", around: Surroundings | None = None) -> list[Finding]:
    text = f"# a\n\n- **R1** `add(a, b)` in `src/add.js` MUST return the sum.\n\n```{fence}\n{body}\n```\n"
    return [finding for finding in lint(parse(text), around) if finding.code == code]


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        ("add(1, 2);", True),
        ('import { add } from "./src/add.js";\nadd(1, 2);', True),
        ("expect(add(1, 2));", True),
        ("assert(true);", True),
        ("assert.ok(1, 'x');", True),
        ("console.assert(add(1, 2) === 3);", True),
        ("test('a', () => { add(1, 2); });", True),
        ("test('a');", True),
        ("assert(add(1, 2) === 3);", False),
        ("assert.ok(add(1, 2));", False),
        ("expect(add(1, 2)).toBe(3);", False),
        ("await expect(add(1, 2)).resolves.toBe(3);", False),
        ("if (add(1, 2) !== 3) { throw new Error('a'); }", False),
        ("add(1, 2).should.equal(3);", False),
        ("checkSum(add);", False),
        ("test('a', (t) => { t.assert.equal(add(1, 2), 3); });", False),
    ],
)
def test_a_script_that_asserts_nothing_cannot_fail(body: str, *, idle: bool) -> None:
    for fence in ("js R1", "ts R1"):
        told = [(each.severity, each.line, each.message) for each in findings(body, "SPT203", fence=fence)]
        assert told == ([("error", 6, "R1.c1 cannot fail: it asserts nothing")] if idle else [])


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ("assert.ok(await fetch('https://example.org'));", ["the network"]),
        ("assert.ok(await fetch('http://localhost:80'));", []),
        ("import axios from 'axios';\nassert.ok(axios);", ["the network"]),
        ("assert.equal(add(), Date.now());", ["the clock"]),
        ("assert.equal(add(), new Date());", ["the clock"]),
        ("assert.equal(add(), new Date(0));", []),
        ("mock.timers.enable();\nassert.equal(add(), Date.now());", []),
        ("await new Promise((done) => setTimeout(done, 9));\nassert.ok(add());", ["the clock"]),
        ("assert.ok(add(Math.random(), crypto.randomUUID()));", ["chance"]),
        ("assert.equal(add(1, 2), 3);", []),
    ],
)
def test_scripts_that_are_not_the_same_each_time(body: str, asks: list[str]) -> None:
    told = [each.message.split(", so")[0] for each in findings(body, "SPT204")]
    assert told == [f"R1.c1 asks {each}" for each in asks]


@pytest.mark.parametrize(
    ("body", "packages", "told"),
    [
        ("expect(add(1, 2)).toBe(3);", {"jest"}, True),
        ("expect(add(1, 2)).toBe(3);", set(), True),
        ("expect(add(1, 2)).toBe(3);", {"vitest"}, False),
        ("expect(add(1, 2)).toBe(3);", None, False),
        ("import { expect } from 'chai';\nexpect(add(1, 2)).equal(3);", set(), False),
        ("const { expect } = await import('chai');\nexpect(add(1, 2)).equal(3);", set(), False),
        ("assert.equal(add(1, 2), 3);", set(), False),
    ],
)
def test_expect_without_vitest_is_told(body: str, packages: set[str] | None, *, told: bool) -> None:
    around = Surroundings(packages=None if packages is None else frozenset(packages))
    assert [each.line for each in findings(body, "SPT221", around=around)] == [6] * told
