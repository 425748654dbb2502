"""Contracts in TypeScript and JavaScript: what a stub and a locked test may be, by syntax tree alone."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.contract import Draft, DraftTest, Offer, Stub, Wants
from agentctl.orchestrator.nouns.plan import DeclaredInterface, LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.nouns.runners import ScriptRunner
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult
from agentctl.orchestrator.rules.contract_ground import Ground
from agentctl.orchestrator.rules.contract_script import imported
from agentctl.orchestrator.rules.contract_trial import objection
from agentctl.orchestrator.rules.contracting import contract_of, flaws, normal, sound
from agentctl.orchestrator.rules.script_stub import filled
from agentctl.orchestrator.rules.script_test import test_names as names_of

SPEC = SpecView(
    id="s",
    digest="0",
    title="S",
    text="S",
    requirements=(Requirement(id="R1", text="adds", key="k1"), Requirement(id="R2", text="stores", key="k2")),
    interfaces=(DeclaredInterface(path="src/core.ts", text="export function add(a: number, b: number): number;\n"),),
)
PLAN = Plan(
    summary="p",
    teams=(Team(id="core", purpose="c"), Team(id="web", purpose="w")),
    tasks=(
        Task(id="T1", team="core", title="t", goal="g", requirements=("R1",), owns=("src/core.ts", "src/all.py")),
        Task(id="T2", team="core", title="t", goal="g", requirements=("R2",), owns=("src/store.ts", "src/a.test.ts")),
        Task(id="T3", team="web", title="t", goal="g", owns=("src/web.ts",), needs=("T2",)),
    ),
)  # fmt: skip
GROUND = Ground(
    plan=PLAN,
    spec=SPEC,
    paths=frozenset({"src/old.ts", "tests/old.test.ts", "package.json"}),
    packages=frozenset({"zod", "@scope/kit"}),
    runners=(ScriptRunner(name="vitest"),),
)
WANTS = Wants(
    team="core",
    tests=(("T1", "R1"), ("T2", "R2")),
    offers=(Offer(task="T2", path="src/store.ts", readers=("T3",)),),
)
STUB = Stub(path="src/store.ts", task="T2", text="export class Store {\n  put(key: string): void {}\n}\n")
HEAD = 'import { expect, test } from "vitest";\n'
R1 = DraftTest(
    path="tests/core_add.test.ts",
    requirements=("R1",),
    text=HEAD + 'import { add } from "../src/core";\n\ntest("adds", () => {\n  expect(add(1, 2)).toBe(3);\n});\n',
)
R2 = DraftTest(
    path="tests/core_store.test.ts",
    requirements=("R2",),
    text=(
        'import { describe, expect, it } from "vitest";\nimport { Store } from "../src/store.js";\n'
        'describe("a store", () => {\n  it("keeps", () => {\n    expect(new Store().put("a")).toBe(undefined);\n'
        "  });\n});\n"
    ),
)
DRAFT = Draft(stubs=(STUB,), tests=(R1, R2))


def told(draft: Draft, ground: Ground = GROUND) -> list[str]:
    return [str(flaw) for flaw in flaws(normal(draft, WANTS), WANTS, ground)]


def test_a_sound_draft_becomes_a_contract_whose_tests_have_the_names_their_runner_gives() -> None:
    assert told(DRAFT) == []
    made = contract_of(normal(DRAFT, WANTS), WANTS)
    assert made.tasks == ("T1", "T2")
    assert [test.check for test in made.tests] == ["core:core_add.test", "core:core_store.test"]
    assert [test.tests for test in made.tests] == [
        ("tests/core_add.test.ts::adds",),
        ("tests/core_store.test.ts::a store > keeps",),
    ]
    assert made.stubs[0].text == (
        'export class Store {\n  put(key: string): void { throw new Error("not implemented"); }\n}\n'
    )


def body(statements: str, head: str = "") -> dict[str, object]:
    return {"text": f'{HEAD}{head}import {{ add }} from "../src/core";\n{statements}\n'}


CLAIM = "() => { expect(add(1, 2)).toBe(3); }"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (body('test("adds", () => {'), "is not TypeScript or JavaScript that can be parsed"),
        (body("add(1, 2);"), "has no test that its runner would find"),
        (body('test("adds", () => { add(1, 2); });'), "`adds` asserts nothing"),
        (body('test("adds", () => { expect(true).toBe(true); });'), "`adds` asserts nothing"),
        (body('test("adds", () => { expect(add(1, 2)); });'), "`adds` asserts nothing"),
        (body(f'test.skip("adds", {CLAIM});'), "uses `test.skip`: a locked test always runs"),
        (body(f'test.todo("adds"); test("more", {CLAIM});'), "uses `test.todo`: a locked test always runs"),
        (body(f'test.only("adds", {CLAIM});'), "uses `test.only`: a locked test always runs"),
        (body(f'test["skip"]("adds", {CLAIM});'), 'uses `test["skip"]`: a locked test always runs'),
        (body(f'xit("adds", {CLAIM});'), "uses `xit`: a locked test always runs"),
        (body(f'test.each([1])("adds", {CLAIM});'), "uses `test.each`: write a loop or more tests"),
        (body(f'test("adds", {{ skip: true }}, {CLAIM});'), "gives a test the options { skip: true }"),
        (body(f'test("adds", options, {CLAIM});'), "gives a test `options`, which is no plain option"),
        (body('test("adds", (t) => { t.skip(); expect(add(1, 2)).toBe(3); });'), "uses `t.skip`"),
        (body('test("adds", ({ skip }) => { skip(); expect(add(1, 2)).toBe(3); });'), "uses `skip`"),
        (body(f'test("outer", (t) => {{ t.test("adds", {CLAIM}); }});'), "has tests inside of tests (`t.test`)"),
        (body(f'for (const n of [1]) test("adds", {CLAIM});'), "whose name is no plain string"),
        (body(f"test(`adds`, {CLAIM});"), "whose name is no plain string"),
        (body(f'test("adds", {CLAIM}); test("adds", {CLAIM});'), "has 2 tests that are called `adds`"),
        (body('test("adds", adds);'), "has a test without a function of its own"),
        (
            body('test("adds", async () => { expect(Promise.resolve(add(1, 2))).resolves.toBe(3); });'),
            "does not wait for what it claims (line 3): write `await`",
        ),
        ({"text": R1.text.replace('"vitest"', '"node:test"')}, "here, and takes its words from node:test"),
        ({"text": R1.text.replace(HEAD, "")}, "is run by vitest here: take `test` from vitest"),
        ({"text": R1.text.replace("test }", "test as it }")}, "takes `test` from vitest as `it`"),
        (body(f'test("adds", {CLAIM});', 'import { sub } from "../src/core";\n'), "imports `sub` of `../src/core`"),
        (body(f'test("adds", {CLAIM});', 'import { go } from "../src/web";\n'), "imports `../src/web`, which neither"),
        (body(f'test("adds", {CLAIM});', 'import _ from "lodash";\n'), "imports `lodash`, which neither"),
        (body(f'const {{ sub }} = await import("../src/core"); test("adds", {CLAIM});'), "imports `sub` of `../src/"),
        ({"path": "tests/add.test.ts"}, "has to be named `core_....test.ts` or `core_....test.js`"),
        ({"path": "tests/core_add.ts"}, "has to be named `core_....test.ts`"),
        ({"path": "src/core_add.test.ts"}, "is not where this repository has its tests (tests)"),
        ({"requirements": ("R9",)}, "is for R9, which needs no test"),
    ],
)  # fmt: skip
def test_what_no_locked_test_may_be_is_said(change: dict[str, object], said: str) -> None:
    found = told(replace(DRAFT, tests=(replace(R1, **change), R2)))  # type: ignore[arg-type]
    assert any(said in each for each in found), found


LOOP = """\
import type { Web } from "../src/web";
import { z } from "zod";
import kit from "@scope/kit/part";
import { old } from "../src/old";
import { add } from "../src/core.js";
test("adds", { timeout: 9000 }, async () => {
  for (const n of [1, 2]) expect(add(n, 0), z.a + kit).toBe(old(n));
});
"""
NODES_ASSERT = """\
import assert from "node:assert/strict";
import { add } from "../src/core.ts";
const same = (a: number) => assert.equal(a, 3);
test("adds", () => same(add(1, 2)));
"""
PROMISES = """\
import { add } from "../src/core";
test("refuses", async () => {
  await expect(async () => add(1, 2)).rejects.toThrow();
  return expect(add(1, 2)).resolves.toBe(3);
});
"""
INSIDE = """\
test("adds", async () => {
  const { add } = await import("../src/core");
  expect(add(1, 2)).toBe(3);
});
"""


@pytest.mark.parametrize("text", [LOOP, NODES_ASSERT, PROMISES, INSIDE])
def test_what_a_locked_test_may_be(text: str) -> None:
    assert told(replace(DRAFT, tests=(replace(R1, text=HEAD + text), R2))) == []


def test_words_of_jest_are_there_unasked_and_node_finds_files_by_their_whole_names() -> None:
    text = 'const { add } = require("../src/core");\ntest("adds", () => {\n  expect(add(1, 2)).toBe(3);\n});\n'
    jest = replace(GROUND, runners=(ScriptRunner(name="jest"),))
    node = replace(GROUND, runners=(ScriptRunner(name="vitest", folder="web"), ScriptRunner()))
    draft = replace(DRAFT, stubs=(), tests=(replace(R1, text=text),))
    about = "tests/core_add.test.ts: "
    assert [each for each in told(draft, jest) if each.startswith(about)] == []
    assert [each.removeprefix(about) for each in told(draft, node) if each.startswith(about)] == [
        "is run by node's own runner here: take `test` from node:test",
        "imports `../src/core`, by which node does not find src/core.ts: name the file in full",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "export function put(x: number) { return x; }"}, "has a body in `put`"),
        ({"text": "export const put = (x: number) => x;"}, "has a body in `put`"),
        ({"text": "console.log(1);\nexport function put(): void {}"}, "has a statement that runs (line 1)"),
        ({"text": "export declare function put(): void;"}, "has a `declare` (line 1)"),
        ({"text": "function put(): void {}"}, "declares nothing that others could import"),
        ({"text": 'import { go } from "./web";\nexport class Store {}'}, "imports `./web`, which neither"),
        ({"text": "export class {"}, "is not TypeScript or JavaScript that can be parsed"),
        ({"task": "T3"}, "belongs to T3, which is none of this team (T1, T2)"),
        ({"path": "src/core.ts", "task": "T1"}, "is declared by the spec"),
        ({"path": "src/old.ts"}, "is there already"),
        ({"path": "src/a.test.ts"}, "is no TypeScript or JavaScript module that others could import"),
    ],
)  # fmt: skip
def test_what_no_stub_may_be_is_said(change: dict[str, object], said: str) -> None:
    found = told(replace(DRAFT, stubs=(replace(STUB, **change),)))  # type: ignore[arg-type]
    assert any(said in each for each in found), found


def test_a_stub_that_is_left_out_takes_the_tests_that_import_it_with_it() -> None:
    holds = sound(normal(replace(DRAFT, stubs=(replace(STUB, task="T3"),)), WANTS), WANTS, GROUND)
    assert ([each.path for each in holds.tests], holds.stubs) == ([R1.path], ())


def test_a_draft_may_hold_both_languages_each_by_its_own_rules() -> None:
    python = DraftTest(
        path="tests/test_core_more.py",
        requirements=("R1",),
        text="def test_more():\n    import json\n    assert json\n",
    )
    skipped = replace(python, path="tests/test_core_skip.py", text="import pytest\npytest.skip('a')\n" + python.text)
    found = told(replace(DRAFT, tests=(R1, R2, python, skipped)))
    assert found == ["tests/test_core_skip.py: uses `skip`: a locked test always runs"]


PLAIN = """\
export function one(a: string): string;
export async function* two() {}
export const three = () => {
};
"""
OVERLOADS = """\
export function over(a: string): void;
export function over(a: number): void;
export function over(a: any) {}
"""
MEMBERS = """\
export interface I { m(): void }
export abstract class A extends B {
  constructor() { super(); }
  abstract n(): void;
  get size(): number {}
  p(): void { /* said */ }
}
"""
REFUSING = 'exports.f = function (a) {\n  throw new Error("ü");\n};\n'


@pytest.mark.parametrize(
    ("path", "text", "changes"),
    [
        (
            "a.ts",
            PLAIN,
            {"a: string): string;": "a: string): string { THROW }", "two() {}": "two() { THROW }", "{\n}": "{ THROW }"},
        ),
        ("a.ts", OVERLOADS, {"any) {}": "any) { THROW }"}),
        ("a.ts", MEMBERS, {"super(); }": "super(); THROW }", "number {}": "number { THROW }", "*/ }": "*/ THROW }"}),
        ("a.js", REFUSING, {}),
        ("a.ts", "export function (", {}),
    ],
)
def test_bodies_that_do_nothing_throw(path: str, text: str, changes: dict[str, str]) -> None:
    expected = text
    for old, new in changes.items():
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert filled(path, text) == expected.replace("THROW", 'throw new Error("not implemented");')


def test_packages_are_those_that_a_text_takes_from_elsewhere() -> None:
    text = (
        'import a from "a/part";\nimport "@s/b";\nexport * from "./own";\nconst c = require("c");\n'
        'await import("d");\nimport { x } from "@/x";\nconst text = "from here";\n'
    )
    assert imported("a.ts", text) == {"a", "@s/b", "c", "d", "@"}


def test_what_nests_deeper_than_anybody_reads_is_no_error() -> None:
    deep = HEAD + 'describe("a", () => {' * 300 + 'test("b", f);' + "});" * 300
    assert names_of("a.test.ts", deep) == ()
    assert any(
        "stands inside of something else" in each for each in told(replace(DRAFT, tests=(replace(R1, text=deep), R2)))
    )


def test_names_are_those_that_runners_give() -> None:
    text = (
        'test("a", f);\ndescribe("b", () => {\n  it("c", f);\n  describe("d", function () { test("e", f); });\n});\n'
        'await test("g", f);\ntest("it\\\'s", f);\n'
    )
    assert names_of("a.test.mjs", text) == ("a", "b > c", "b > d > e", "g")


LOCKED = LockedTest(
    check="c", requirements=("R1",), path="tests/c.test.ts", text="", tests=("tests/c.test.ts::a", "tests/c.test.ts::b")
)
B = TestResult(id="tests/c.test.ts::b", outcome="passed")


def failed(detail: str, raised: str = "Error") -> TestResult:
    return TestResult(id="tests/c.test.ts::a", outcome="failed", detail=detail, raised=raised)


def unloaded(detail: str) -> TestResult:
    return TestResult(id="tests/c.test.ts", outcome="error", detail=detail)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ((failed("3 !== 4", "assertion"), B), ""),
        ((failed("Error: not implemented"), B), ""),
        ((failed("TypeError: (0 , __vite_ssr_import_1__.loud) is not a function", "TypeError"), B), ""),
        ((unloaded("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/workspace/src/gone.js' imported from"),), ""),
        ((unloaded("Error: Cannot find module '../src/gone.js' imported from tests/c.test.ts"),), ""),
        ((unloaded("SyntaxError: The requested module '../src/a.js' does not provide an export named 'quiet'"),), ""),
        ((failed("Error: Cannot find module '/src/gone.js' imported from tests/c.test.ts"), B), ""),
        ((unloaded("Error: Cannot find package 'nopkg' imported from tests/c.test.ts"),), "cannot be collected"),
        ((unloaded("Cannot find module '../src/there' from 'tests/c.test.ts'"),), "cannot be collected"),
        ((unloaded("Cannot find module 'nopkg' from 'tests/c.test.ts'"),), "cannot be collected"),
        ((unloaded('TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension ".ts"'),), "cannot be collected"),
        ((failed("ReferenceError: louder is not defined", "ReferenceError"), B), "is wrong in itself: a ended with"),
        ((failed("TypeError: assert.equals is not a function", "TypeError"), B), "is wrong in itself"),
        ((failed("TypeError: expect(...).toBeEqual is not a function", "assertion"), B), "is wrong in itself"),
        ((failed('Error: Invalid Chai property: toBeEqual. Did you mean "toEqual"?'), B), "is wrong in itself"),
        ((TestResult(id="tests/c.test.ts::a", outcome="xfailed"), B), "a was xfailed"),
        ((TestResult(id="tests/c.test.ts::a", outcome="passed"), B), "passes without the work"),
        ((B,), "was not collected as a whole: the runner found no a"),
    ],
)  # fmt: skip
def test_a_test_is_locked_when_it_is_red_for_the_right_reason(seen: tuple[TestResult, ...], said: str) -> None:
    report = GateReport(complete=True, results=seen)
    found = objection(report, LOCKED, preserve=False, there={"src/there.js", "src/a.js"})
    assert said in found
    assert bool(said) == bool(found)
