"""Checks in JavaScript and TypeScript."""

import pytest
from agentctl.specs.compile import CompiledCheck, compile_checks
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse


def compiled(body: str, fence: str = "js R1") -> CompiledCheck:
    text = f"# calc\n\n- **R1** `add(a, b)` in `src/add.js` MUST return the sum.\n\n```{fence}\n{body}\n```\n"
    (check,) = compile_checks(parse(text, name="calc.md"))
    return check


def complaints(body: str, fence: str = "js R1") -> list[str]:
    text = f"# calc\n\n- **R1** `add(a, b)` in `src/add.js` MUST return the sum.\n\n```{fence}\n{body}\n```\n"
    return [f"{each.line}: {each.message}" for each in lint(parse(text, name="calc.md")) if each.code == "SPT212"]


def test_bare_statements_become_one_test_whose_lines_say_where_they_stand() -> None:
    check = compiled('import { add } from "./src/add.js";\nconst sum = add(1, 2);\nassert.equal(sum, 3);')
    assert (check.path, check.tests) == (
        "tests/spec_calc/calc_R1_c1.test.mjs",
        ("tests/spec_calc/calc_R1_c1.test.mjs::R1.c1",),
    )
    assert check.text == (
        "// calc.md:6 (R1)\n"
        'import assert from "node:assert/strict";\n'
        'import { add } from "../../src/add.js"; // calc.md:6\n'
        'const { test, it, describe, expect } = await import(process.env.VITEST ? "vitest" : "node:test");\n'
        "\n"
        'test("R1.c1", { timeout: 60000 }, async () => {\n'
        "const sum = add(1, 2); // calc.md:7\n"
        "assert.equal(sum, 3); // calc.md:8\n"
        "});\n"
    )


def test_typescript_is_a_file_of_its_own_kind() -> None:
    assert compiled("const n: number = 1;\nassert.ok(n as number);", "ts R1").path.endswith("calc_R1_c1.test.mts")


def test_own_tests_keep_their_names_and_own_imports_their_place() -> None:
    check = compiled(
        'import assert from "node:assert";\nimport { test, describe } from "vitest";\n'
        'test("adds", () => { assert.ok(true); });\n'
        'describe("outer", () => {\n  it("inner", async () => { await 1; });\n'
        '  describe("deep", () => { test("est", () => {}); });\n});'
    )
    assert [name.partition("::")[2] for name in check.tests] == ["adds", "outer > inner", "outer > deep > est"]
    assert check.text.count("import assert") == 1
    assert "const { it, expect } = await import(process.env" in check.text


def test_only_what_the_check_does_not_bind_itself_is_bound_for_it() -> None:
    wrapped = compiled('import { expect } from "vitest";\nexpect(1).toBe(1);').text
    assert "const { test, it, describe } = await import(process.env" in wrapped
    dynamic = compiled('const assert = await import("node:assert/strict");\ntest("a", () => assert.ok(f()));').text
    assert "import assert from" not in dynamic
    chosen = compiled('const { test } = await import("node:test");\ntest("a", () => assert.ok(f()));').text
    assert "const { it, describe, expect } = await import(process.env" in chosen
    inside = compiled('const { expect } = await import("vitest");\nexpect(1).toBe(1);').text
    assert "const { test, it, describe, expect } = await import(process.env" in inside
    every = compiled(
        'import { test, it, describe, expect } from "vitest";\ntest("a", () => { expect(1).toBe(1); });'
    ).text
    assert "await import(process.env" not in every
    renamed = compiled('import { assert as sure } from "chai";\nassert.ok(sure);').text
    assert 'import assert from "node:assert/strict";' in renamed
    typed = compiled(
        'import type { expect } from "vitest";\nimport { type test, x } from "./a.ts";\nassert.ok(x);', "ts R1"
    )
    assert "const { test, it, describe, expect } = await import(process.env" in typed.text
    assert "expect, beforeEach }" in compiled('beforeEach(() => {});\ntest("a", () => assert.ok(f()));').text


@pytest.mark.parametrize(
    ("literal", "name"),
    [
        (r"'doesn\'t lose'", "doesn't lose"),
        (r'"a \"b\" \\ c"', 'a "b" \\ c'),
        (r"'\x41\u00e9\u{1F600}\ud83d\ude00'", "A\u00e9\U0001f600\U0001f600"),
        ("'one \\\ntwo'", "one two"),
    ],
)
def test_a_name_is_what_the_runner_reads_in_its_literal(literal: str, name: str) -> None:
    check = compiled(f"test({literal}, () => assert.ok(f()));")
    assert check.tests == (f"tests/spec_calc/calc_R1_c1.test.mjs::{name}",)


def test_an_awaited_test_and_a_group_without_braces_have_names_too() -> None:
    check = compiled('await test("a", () => assert.ok(f()));\ndescribe("b", () => it("c", () => assert.ok(f())));')
    assert [name.partition("::")[2] for name in check.tests] == ["a", "b > c"]


def test_what_shares_a_line_with_an_import_stays_in_the_test() -> None:
    text = compiled(
        'import { add } from "./src/add.js"; assert.equal(add(1, 2), 3);\n'
        'import { x } from "./src/x.js"; // both\n'
        'import {\n  y\n} from "./src/y.js"; /* two\nlines */ assert.ok(y);'
    ).text
    head, _, body = text.partition("\ntest(")
    assert 'import { add } from "../../src/add.js"; // calc.md:6\n' in head
    assert 'import { x } from "../../src/x.js"; // both // calc.md:7\n' in head
    assert "import" not in body
    assert [line.strip() for line in body.splitlines()[1:]] == [
        "assert.equal(add(1, 2), 3); // calc.md:6",
        "/* two",
        "lines */ assert.ok(y); // calc.md:11",
        "});",
    ]


def test_names_of_the_check_that_are_called_like_the_runners_are_its_own() -> None:
    check = compiled("const sum = [1].map(it => it(1));\nconst test = (n) => n;\nassert.equal(test(1), 1);")
    assert check.tests == ("tests/spec_calc/calc_R1_c1.test.mjs::R1.c1",)


def test_paths_of_every_kind_of_import_are_those_from_the_root() -> None:
    text = compiled(
        'const a = await import("./src/a.js");\nconst b = require("./src/b.cjs");\n'
        'const c = "./src/c.js";\nassert.ok(a, b, c);'
    ).text
    assert 'import("../../src/a.js")' in text
    assert 'require("../../src/b.cjs")' in text
    assert 'const c = "./src/c.js"' in text


def test_lines_that_end_inside_a_text_get_no_comment() -> None:
    text = compiled("const t = `a\n  ./b\nc`; /* one\ntwo */ assert.equal(t, 1);").text
    assert "const t = `a\n  ./b\nc`; /* one\ntwo */ assert.equal(t, 1); // calc.md:9\n" in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("const = 1;", "6: R1.c1: this is not JavaScript"),
        ("const a = 1;\nexport const b = a;", "7: R1.c1: a check exports nothing"),
        ('import "./a.js";', "6: R1.c1: a check needs a statement that can fail"),
        ("test(`a ${1}`, () => {});", "6: R1.c1: `test` needs its name as a plain string"),
        (
            "for (const n of [1, 2]) test('a', () => assert.ok(n));",
            "6: R1.c1: `test` has to stand at the top or in a `describe`: elsewhere nobody knows its tests before",
        ),
        (
            "const n = 1;\nif (n) { describe('a', () => { it('b', () => assert.ok(n)); }); }",
            "7: R1.c1: `describe` has to stand at the top or in a `describe`: elsewhere nobody knows its tests before",
        ),
        (
            "describe('a', () => { [1].forEach((n) => test('b', () => assert.ok(n))); });",
            "6: R1.c1: `describe` has no test that could be named: write test(...) in it",
        ),
        ("describe('a', () => {" * 900 + "});" * 900, "6: R1.c1: `describe` stands in 20 others"),
        ("test('', () => {});", "6: R1.c1: `test` needs a name that can be read on one line"),
        (r"test('a\nb', () => {});", "6: R1.c1: `test` needs a name that can be read on one line"),
        (r"test('\ud800', () => {});", r"6: R1.c1: '\ud800' is no text"),
        (
            'import { test as check } from "vitest";\ncheck("a", () => {});',
            "7: R1.c1: import `test` from its runner by that name, and call that",
        ),
        (
            'import * as v from "vitest";\nv.it("a", () => {});',
            "7: R1.c1: import `it` from its runner by that name, and call that",
        ),
        (
            'import test from "ava";\ntest("a", (t) => t.pass());',
            "6: R1.c1: `test` is the runner's word in a check: import yours by another name",
        ),
        (
            'import { expect } from "@jest/globals";\nexpect(1).toBe(1);',
            "6: R1.c1: checks are run by vitest or by node: take nothing from @jest/globals",
        ),
        (
            'test.each([1])("a", () => {});',
            "6: R1.c1: `test.each([1])` gives names that are not known before it runs: write test(...)",
        ),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(body: str, said: str) -> None:
    assert complaints(body) == [said]


def test_a_check_that_is_slow_may_take_longer_and_a_hidden_one_is_secret() -> None:
    check = compiled("assert.ok(1);", "js R1 slow holdout")
    assert "{ timeout: 600000 }" in check.text
    assert check.secret
