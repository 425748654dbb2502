"""Arguments that a tool reads in more forms than its schema asks a model for, so that no round is lost over them. Pure.

The model is told the schema as it is; its calls are held to what this module makes of it.
"""

from dataclasses import replace

from .models.port import Json, ToolSpec

_AS_TEXT = {"ask": ("recommended",)}
"""Numbers that may come as a text, by tool: the tool finds what the text means, or says what is wrong with it."""


def forgiving(tool: ToolSpec) -> ToolSpec:
    """The tool as its calls are read."""
    properties = tool.parameters.get("properties")
    if tool.name not in _AS_TEXT or not isinstance(properties, dict):
        return tool
    wider: dict[str, Json] = {
        name: _or_text(each) if reads_text(tool, name) else each for name, each in properties.items()
    }
    return replace(tool, parameters={**tool.parameters, "properties": wider})


def reads_text(tool: ToolSpec, name: str) -> bool:
    """Whether a tool makes something of a text where its schema asks for a number."""
    return name in _AS_TEXT.get(tool.name, ())


def _or_text(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "string"]} if isinstance(schema, dict) and "type" in schema else schema
