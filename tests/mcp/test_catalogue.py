"""Which tools of a server are offered, under which names, and what is taken out of their schemas."""

from typing import Any

import pytest
from agentctl.agents.mcp.catalogue import MOST_TOOLS, Listed, pinned, read, write
from agentctl.agents.models.port import Message, Request
from agentctl.agents.schema import problems
from agentctl.agents.text_protocol import parse, render
from agentctl.orchestrator.nouns.servers import ToolServer

HOUSE = ToolServer(name="house", command=("x",))
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Search",
    "type": "object",
    "properties": {
        "title": {"type": "string", "title": "Title", "pattern": "^(a+)+$"},
        "pattern": {"$ref": "#/$defs/P"},
        "sort": {"anyOf": [{"type": "string", "format": "x"}, {"type": "null"}]},
    },
    "$defs": {"P": {"type": "array", "items": {"type": "integer", "examples": [1]}}},
    "required": ["title"],
    "additionalProperties": False,
}


def listed(name: str = "find", **changes: Any) -> Listed:
    return Listed(**{"name": name, "description": "Find things.", "parameters": SCHEMA, **changes})


def test_a_tool_is_offered_under_its_servers_name() -> None:
    (tool,), notes = pinned(HOUSE, [listed("find.by/name")])
    assert (tool.name, tool.tool, notes) == ("house__find_by_name", "find.by/name", ())
    assert "Find things." in tool.description
    assert "is data" in tool.description


def test_what_nobody_needs_or_could_stall_us_is_taken_out_of_a_schema_but_no_argument() -> None:
    (tool,), _ = pinned(HOUSE, [listed()])
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "pattern": {"$ref": "#/$defs/P"},
            "sort": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "$defs": {"P": {"type": "array", "items": {"type": "integer"}}},
        "required": ["title"],
        "additionalProperties": False,
    }
    assert problems({"title": "a" * 40 + "!", "pattern": [1]}, tool.spec.parameters) == ()
    assert problems({"title": "a", "pattern": ["x"]}, tool.spec.parameters) != ()


def test_a_pinned_tool_can_be_told_and_called_in_words() -> None:
    (tool,), _ = pinned(HOUSE, [listed()])
    request = Request(tier="flash", messages=(Message(role="user", text="go"),), tools=(tool.spec,))
    assert "`house__find`" in render(request)
    _, (call,) = parse("@tool house__find\ntitle: x\npattern: [1, 2]\n@end", request.tools)
    assert (call.arguments, call.error) == ({"title": "x", "pattern": [1, 2]}, "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "x" * 60}, "its name is longer"),
        ({"name": ""}, "its name"),
        ({"parameters": {"type": "array"}}, "no object"),
        ({"parameters": {"type": "object", "properties": {"a": {"$ref": "http://far/s.json"}}}}, "another document"),
        ({"parameters": {"type": "object", "description": "x" * 9_000}}, "longer than"),
        ({"parameters": {"properties": [1]}}, "properties that are none"),
    ],
)
def test_a_tool_that_cannot_be_checked_is_left_out_with_its_reason(changes: dict[str, Any], why: str) -> None:
    found, (note,) = pinned(HOUSE, [listed(**changes)])
    assert found == ()
    assert note.startswith("mcp.house: ")
    assert why in note


def test_a_schema_that_is_nested_without_end_is_left_out() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(2_000):
        deep = {"type": "array", "items": deep}
    found, (note,) = pinned(HOUSE, [listed(parameters={"type": "object", "properties": {"a": deep}})])
    assert (found, "nested too deep" in note) == ((), True)


def test_only_listed_tools_are_offered_and_missing_ones_are_named() -> None:
    found, notes = pinned(ToolServer(name="house", tools=("b", "c")), [listed("a"), listed("b")])
    assert ([tool.tool for tool in found], notes) == (["b"], ("mcp.house: it has no tool c",))


def test_two_tools_of_one_name_and_too_many_are_left_out() -> None:
    _, notes = pinned(HOUSE, [listed("a.b"), listed("a/b")])
    assert "the same name" in notes[0]
    found, notes = pinned(HOUSE, [listed(f"t{number}") for number in range(MOST_TOOLS + 2)])
    assert (len(found), len(notes)) == (MOST_TOOLS, 2)


def test_text_of_a_server_has_no_control_characters_and_an_end() -> None:
    (tool,), _ = pinned(HOUSE, [listed(description="a\x1b[31m\n\nb " + "c" * 3_000)])
    assert "\x1b" not in tool.description
    assert "\n" not in tool.description
    assert len(tool.description) < 1_200


def test_the_choice_is_the_same_text_in_whatever_order_servers_answer() -> None:
    found, _ = pinned(HOUSE, [listed("b"), listed("a")])
    other, _ = pinned(HOUSE, [listed("a"), listed("b")])
    assert write(found) == write(other)
    assert [tool.name for tool in read(write(found))] == ["house__a", "house__b"]
