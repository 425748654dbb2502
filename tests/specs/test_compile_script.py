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
    assert "await import(process.env" not in check.text


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
