"""What is wrong with a value is said by its place and by what belongs there."""

import pytest
from agentctl.agents.schema import find_json, problems, types

TASK = {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}}, "required": ["id"]}
PLAN = {
    "type": "object",
    "properties": {
        "tasks": {"type": "array", "items": {"$ref": "#/$defs/Task"}, "minItems": 1},
        "level": {"enum": ["low", "high"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        "loop": {"$ref": "#/properties/loop"},
    },
    "required": ["tasks"],
    "additionalProperties": False,
    "$defs": {"Task": TASK},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"tasks": [{"id": "T1", "more": 1}], "level": "low", "note": None, "share": 0.5}, ()),
        ([], ("the answer must be of type object, not array",)),
        ({}, ("the answer lacks `tasks`",)),
        ({"tasks": []}, ("`tasks` must have at least 1 items",)),
        ({"tasks": [{"id": ""}]}, ("`tasks[0].id` must have at least 1 characters",)),
        ({"tasks": [{}]}, ("`tasks[0]` lacks `id`",)),
        ({"tasks": [{"id": "a"}], "level": "mid"}, ("`level` must be one of 'low', 'high'",)),
        ({"tasks": [{"id": "a"}], "note": 3}, ("`note` must be of type string, not integer",)),
        ({"tasks": [{"id": "a"}], "share": 1}, ("`share` must be less than 1",)),
        ({"tasks": [{"id": "a"}], "share": True}, ("`share` must be of type number, not boolean",)),
        ({"tasks": [{"id": "a"}], "loop": 1}, ()),
        (
            {"tasks": [{"id": "a"}], "task": 1},
            ("the answer has no `task`; it has `tasks`, `level`, `note`, `share`, `loop`",),
        ),
    ],
)
def test_problems_name_the_place(value: object, expected: tuple[str, ...]) -> None:
    assert problems(value, PLAN) == expected


def test_the_types_of_a_schema_are_found_behind_references_and_alternatives() -> None:
    assert types(PLAN["properties"]["note"], PLAN) == {"string", "null"}
    assert types({"$ref": "#/$defs/Task"}, PLAN) == {"object"}
    assert types({}, PLAN) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"id": "a"}', '{"id": "a"}'),
        ('Sure! {"x": 1} is wrong, so:\n```json\n{"id": "a"}\n```', '{"id": "a"}'),
        ('```\n{\n}\n``` or {\'id\'} or [1] and {"id": "b"}', '{"id": "b"}'),
    ],
)
def test_json_is_found_in_prose(text: str, found: str) -> None:
    assert find_json(text, TASK) == (found, ())


@pytest.mark.parametrize("text", ["", "no", "[" * 100_000, "{" * 1_000, '{"id": NaN}'])
def test_prose_without_json_is_told_so(text: str) -> None:
    assert find_json(text, TASK)[1] == ("there is no JSON value in the answer; send one, and nothing else",)
