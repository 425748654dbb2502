"""A small run for crashes: five tasks of which one asks a person and one is red at first, and what its models say."""

import json
from typing import Any

ASKED = "Shall t2 count from zero?"

SPEC = """\
# Five small modules

## Requirements

- **R1** `t1.value()` MUST return 1.
- **R2** `t2.value()` MUST return 2.
- **R3** `t3.value()` MUST return 3.
- **R4** `t4.value()` MUST return what `t1` and `t3` return together.
- **R5** `t5.value()` MUST return what `t2` returns, plus 3.
"""

_NEEDS: dict[str, tuple[str, ...]] = {"T1": (), "T2": (), "T3": (), "T4": ("T1", "T3"), "T5": ("T2",)}
_VALUES = {"T1": 1, "T2": 2, "T3": 3, "T4": 4, "T5": 5}

TASKS = tuple(_NEEDS)


def script() -> dict[str, Any]:
    """Rules that depend on a conversation alone, never on what was asked before, so that any process can answer."""
    rules: list[dict[str, Any]] = [{"when": {"contains": "Cut this spec into tasks"}, "text": _plan()}]
    for task in TASKS:
        rules += [
            {"when": {"contains": f"# Your task: {task} ", "turn": turn}, "calls": calls}
            for turn, calls in enumerate(_turns(task))
        ]
    return {"rules": rules, "otherwise": {"fault": "bad_request"}}


def _turns(task: str) -> list[list[dict[str, Any]]]:
    good, submit = _files(task, _VALUES[task]), [_call("submit", summary="done")]
    match task:
        case "T2":
            return [[_ask()], good, submit]
        case "T3":
            return [_files(task, 0), submit, good, submit]
        case _:
            return [good, submit]


def _files(task: str, value: int) -> list[dict[str, Any]]:
    name = task.lower()
    imports = "".join(f"import {need.lower()}\n" for need in _NEEDS[task])
    module = f"{imports}\n\ndef value():\n    return {value}\n".lstrip()
    test = f"from {name} import value\n\n\ndef test_{name}():\n    assert value() == {_VALUES[task]}\n"
    return [
        _call("write", path=f"src/{name}.py", content=module),
        _call("write", path=f"tests/test_{name}.py", content=test),
    ]


def _ask() -> dict[str, Any]:
    options = [{"text": "no"}, {"text": "yes"}]
    return _call("ask", question=ASKED, why="It may be meant either way.", options=options, recommended=1)


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def _plan() -> str:
    tasks = [
        {
            "id": task,
            "team": "core",
            "title": f"Write {task.lower()}",
            "goal": f"Write {task.lower()} and its test.",
            "requirements": [f"R{task[1:]}"],
            "owns": [f"src/{task.lower()}.py", f"tests/test_{task.lower()}.py"],
            "needs": list(needs),
            "minutes": 1,
        }
        for task, needs in _NEEDS.items()
    ]
    return json.dumps(
        {"summary": "Five modules", "teams": [{"id": "core", "purpose": "all"}], "tasks": tasks, "notes": []}
    )
