"""The gate over trees whose runners npm installs: vitest, jest, and node's own with tsx."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.orchestrator.environment import Environment
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.sandbox.port import Mount, Sandbox

from .test_runners import NODE_IDS, NODE_TEST, Tree, locked, outcomes

NODE_MODULES = os.environ.get("AGENTCTL_TEST_NODE_MODULES", "")
packages = pytest.mark.skipif(
    not (Path(NODE_MODULES) / "vitest").is_dir(),
    reason="AGENTCTL_TEST_NODE_MODULES names no folder with vitest, jest and tsx: npm install vitest jest tsx",
)
EXPECTING = (
    'describe("outer", () => {\n  test("adds", () => { expect(add(1, 2)).toBe(3); });\n'
    '  test("fails", () => { expect(add(1, 2)).toBe(4); });\n  test.skip("later", () => {});\n});\n'
)
EXPECTED_IDS = {"outer > adds": "passed", "outer > fails": "failed", "outer > later": "skipped"}
TYPED = "export const add = (a: number, b: number): number => a + b;\n"
VITEST = {
    "package.json": json.dumps({"type": "module", "devDependencies": {"vitest": "*"}}),
    "src/add.ts": TYPED,
    "src/add.test.ts": 'import { describe, expect, test } from "vitest";\nimport { add } from "./add";\n' + EXPECTING,
    "src/gone.test.ts": 'import "./nowhere";\n',
}
JEST = {
    "package.json": json.dumps({"devDependencies": {"jest": "*"}}),
    "src/add.js": "exports.add = (a, b) => a + b;\n",
    "src/add.test.js": 'const { add } = require("./add");\n' + EXPECTING,
    "src/gone.test.js": 'require("./nowhere");\n',
}
TSX = {
    "package.json": json.dumps({"type": "module", "devDependencies": {"tsx": "*"}, "scripts": {"test": "node --test"}}),
    "src/add.ts": TYPED,
    "src/add.test.ts": NODE_TEST.replace("./add.js", "./add"),
}
SPEC_CHECK = (
    'import assert from "node:assert/strict";\nimport { add } from "../../src/add.%s";\n'
    'const { test } = await import(process.env.VITEST ? "vitest" : "node:test");\n\n'
    'test("R1.c1", () => {\nassert.equal(add(1, 2), 4); // spec.md:9\n});\n'
)


def with_packages(environment: Environment, sandbox: Sandbox) -> Environment:
    place = "/node_modules" if sandbox.relocates else NODE_MODULES
    mounts = (*environment.mounts, Mount(source=Path(NODE_MODULES), target=place))
    return replace(environment, mounts=mounts)


@packages
@pytest.mark.parametrize(
    ("files", "end", "check"),
    [
        pytest.param(VITEST, "ts", "tests/spec_x/x_R1_c1.test.mts", id="vitest"),
        pytest.param(JEST, "js", "tests/spec_x/x_R1_c1.test.mjs", id="jest"),
    ],
)
async def test_vitest_and_jest_are_heard_and_the_checks_of_specs_run_beside_them(  # noqa: PLR0913, PLR0917 - fixtures
    build: Callable[..., PytestGate],
    tree: Tree,
    environment: Environment,
    sandbox: Sandbox,
    files: Mapping[str, str],
    end: str,
    check: str,
) -> None:
    gate = build(environment=with_packages(environment, sandbox))
    report = await gate.report(await tree(files), locked=[locked(check, SPEC_CHECK % end, "R1.c1")])
    expected = {f"src/add.test.{end}::{name}": outcome for name, outcome in EXPECTED_IDS.items()}
    assert outcomes(report) == {**expected, f"src/gone.test.{end}": "error", f"{check}::R1.c1": "failed"}
    told = {result.id: result for result in report.results}
    assert told[f"src/add.test.{end}::outer > fails"].raised == "assertion"
    assert told[f"{check}::R1.c1"].raised == "assertion"
    assert told[f"{check}::R1.c1"].detail.startswith("assert.equal(add(1, 2), 4); // spec.md:9")
    assert "nowhere" in told[f"src/gone.test.{end}"].detail


@packages
async def test_one_file_of_vitest_can_be_run_alone(
    build: Callable[..., PytestGate], tree: Tree, environment: Environment, sandbox: Sandbox
) -> None:
    gate = build(environment=with_packages(environment, sandbox))
    test = locked("src/add.test.ts", VITEST["src/add.test.ts"], *EXPECTED_IDS)
    assert {name.partition("::")[2] for name in outcomes(await gate.run_alone(await tree(VITEST), [test]))} == set(
        EXPECTED_IDS
    )


@packages
async def test_nodes_own_runner_reads_typescript_by_tsx(
    build: Callable[..., PytestGate], tree: Tree, environment: Environment, sandbox: Sandbox
) -> None:
    gate = build(environment=with_packages(environment, sandbox))
    assert outcomes(await gate.report(await tree(TSX))) == {
        name.replace(".js", ".ts"): outcome for name, outcome in NODE_IDS.items()
    }
