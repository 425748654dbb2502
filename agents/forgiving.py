"""Arguments that a tool reads in more forms than its schema asks a model for, so that no round is lost over them. Pure.

The model is told the schema as it is; its calls are held to what this module makes of it.
"""

from dataclasses import replace

from .models.port import Json, ToolSpec

_AS_TEXT = {"ask": ("recommended",)}
"""Numbers that may come as a text, by tool: the tool finds what the text means, or says what is wrong with it."""


_ITEMS = {"ask": {"options": ("text", ("answer", "label", "option"))}}
"""Lists of objects that may come as texts, by tool: the field which that text is, and what models call it as well."""


def forgiving(tool: ToolSpec) -> ToolSpec:
    """The tool as its calls are read."""
    properties = tool.parameters.get("properties")
    if tool.name not in _AS_TEXT.keys() | _ITEMS.keys() or not isinstance(properties, dict):
        return tool
    wider: dict[str, Json] = {name: _widened(tool, name, each) for name, each in properties.items()}
    return replace(tool, parameters={**tool.parameters, "properties": wider})


def under_its_name(tool: str, argument: str, item: Json) -> Json:
    """An item of a list with its chief field under the name that the schema gives it."""
    field, others = _ITEMS[tool][argument]
    if isinstance(item, str):
        return {field: item}
    if not isinstance(item, dict) or item.get(field):
        return item
    named = next((name for name in others if item.get(name)), field)
    if named != field:
        item = {name: value for name, value in item.items() if name != field}
    return {field if name == named else name: value for name, value in item.items()}


def _widened(tool: ToolSpec, name: str, schema: Json) -> Json:
    if reads_text(tool, name):
        return _or_text(schema)
    if name not in _ITEMS.get(tool.name, {}) or not isinstance(schema, dict):
        return schema
    field, others = _ITEMS[tool.name][name]
    item = schema["items"]
    if not isinstance(item, dict) or not isinstance(item["properties"], dict):
        raise TypeError(f"the items of `{name}` of the tool {tool.name} are no objects")
    names = {**item["properties"], **dict.fromkeys(others, item["properties"][field])}
    return {**schema, "items": {**item, "type": ["object", "string"], "properties": names, "required": []}}


def reads_text(tool: ToolSpec, name: str) -> bool:
    """Whether a tool makes something of a text where its schema asks for a number."""
    return name in _AS_TEXT.get(tool.name, ())


def _or_text(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "string"]} if isinstance(schema, dict) and "type" in schema else schema
