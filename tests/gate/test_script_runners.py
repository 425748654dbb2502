"""Which runners a tree has, as a lead is told of them."""

import json
from collections.abc import Mapping

import pytest
from agentctl.orchestrator.gate.script_runners import script_runners
from agentctl.orchestrator.nouns.runners import ScriptRunner, runner_of
from agentctl.orchestrator.nouns.runs import NamedSuite

NODE = ScriptRunner()
VITEST = json.dumps({"devDependencies": {"vitest": "*"}})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"src/a.ts": ""}, (NODE,)),
        ({"package.json": VITEST}, (ScriptRunner(name="vitest"),)),
        ({"web/package.json": VITEST}, (ScriptRunner(name="vitest", folder="web"), NODE)),
        ({"package.json": json.dumps({"devDependencies": {"jest": "*"}})}, (ScriptRunner(name="jest"),)),
        (
            {"package.json": json.dumps({"scripts": {"test": "node --test"}, "devDependencies": {"tsx": "*"}})},
            (ScriptRunner(loads=True),),
        ),
        ({"go.mod": "module x\n", "a.go": "package a\n"}, (NODE,)),
    ],
)
def test_the_runners_of_a_tree(files: Mapping[str, str], expected: tuple[ScriptRunner, ...]) -> None:
    contents = {path: text.encode() for path, text in files.items()}
    assert script_runners(contents, named=()) == expected


def test_runners_that_the_settings_name_are_those() -> None:
    named = (NamedSuite(runner="vitest", folder="web"), NamedSuite(runner="pytest"))
    assert script_runners({"package.json": b"{}"}, named=named) == (ScriptRunner(name="vitest", folder="web"), NODE)


def test_a_test_is_run_by_the_deepest_runner_around_it_and_by_node_where_there_is_none() -> None:
    web, root = ScriptRunner(name="vitest", folder="web"), ScriptRunner(name="jest")
    assert [runner_of(path, (web, NODE, root)) for path in ("web/a.test.ts", "webs/a.test.ts")] == [web, root]
    assert runner_of("a.test.ts", (web,)) == NODE
    assert [each.strict for each in (NODE, ScriptRunner(loads=True), web)] == [True, False, False]
