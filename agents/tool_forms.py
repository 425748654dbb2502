"""Tools in words: what each takes, and the form of its calls, for the text protocol. Pure."""

from collections.abc import Sequence

from .digest import canonical
from .models.port import Json, ToolSpec
from .schema import Schema, types


def described(tool: ToolSpec) -> str:
    """A tool, what it does, and its arguments with their types; of a list of objects their fields and an example."""
    required = tool.parameters.get("required")
    lines = [f"`{tool.name}`: {tool.description.strip()}"]
    for name, schema in properties_of(tool).items():
        lines.append(f"- {_field(tool, name, schema, required)}")
        item = item_of(schema)
        if item is not None:
            fields = _fields(item)
            lines += [f"  - {_field(tool, key, part, item.get('required'))}" for key, part in fields.items()]
            lines.append(f"  - such as: `{name}: {_example(item)}`")
    return "\n".join(lines)


def _field(tool: ToolSpec, name: str, schema: Schema, required: Json) -> str:
    """An argument, or a field of the objects in one: its name, its type, whether it may be left out, what it is."""
    optional = "" if isinstance(required, list) and name in required else ", may be left out"
    kinds = type_words(types(schema, tool.parameters)) + ("" if item_of(schema) is None else " of JSON objects")
    bounds = " to ".join(str(schema[key]) for key in ("minItems", "maxItems") if key in schema)
    about = str(schema.get("description", "")).strip()
    return f"`{name}` ({kinds}{f', {bounds} of them' if bounds else ''}{optional})" + (f": {about}" if about else "")


def item_of(schema: Schema) -> dict[str, Json] | None:
    """What a list consists of, if that is objects with fields."""
    items = schema.get("items")
    return items if isinstance(items, dict) and _fields(items) else None


def _fields(schema: Schema) -> dict[str, dict[str, Json]]:
    """The fields of an object that a schema names; none for anything else."""
    properties = schema.get("properties")
    found = properties if isinstance(properties, dict) else {}
    return {str(name): part for name, part in found.items() if isinstance(part, dict)}


def _example(item: Schema) -> str:
    """A list of two such objects on one line, the second with what must be there alone; lists in them are rare."""
    fields, required = _fields(item), item.get("required")
    least = [name for name in fields if isinstance(required, list) and name in required] or list(fields)
    plain = [name for name, schema in fields.items() if name in least or schema.get("type") != "array"]
    return canonical([dict.fromkeys(plain, "..."), dict.fromkeys(least, "...")]).decode()


def telling(tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
    """The shortest tool, and the shortest that takes a long text: between them they show the form."""
    ranked = sorted(tools, key=lambda tool: len(properties_of(tool)))
    long = [tool for tool in ranked if len(_texts(tool)) > 1] or ranked[-1:]
    return [ranked[0]] if long[0] is ranked[0] else [ranked[0], long[0]]


def _texts(tool: ToolSpec) -> list[str]:
    """The arguments that are texts."""
    return [name for name, schema in properties_of(tool).items() if types(schema, tool.parameters) == {"string"}]


def call_form(tool: ToolSpec) -> str:
    """A call of a tool with its values left open; the last text is shown as a block."""
    texts = _texts(tool)
    lines = [f"@tool {tool.name}"]
    for name, schema in properties_of(tool).items():
        long = name == texts[-1] and len(texts) > 1 if texts else False
        item = item_of(schema)
        short = f"{name}: ..." if item is None else f"{name}: {_example(item)}"
        lines.append(f"{name}: <<<<TEXT\nas many lines as it takes\n>>>>TEXT" if long else short)
    return "\n".join([*lines, "@end"])


def signature(tool: ToolSpec) -> str:
    """A tool and its arguments in a few words, those that may be left out in brackets."""
    required = tool.parameters.get("required")
    needed = required if isinstance(required, list) else []
    names = [name if name in needed else f"[{name}]" for name in properties_of(tool)]
    return f"`{tool.name}`" + (f" ({', '.join(names)})" if names else "")


def properties_of(tool: ToolSpec) -> dict[str, dict[str, Json]]:
    """A tool's arguments, required ones first and in that order; what JSON went through has lost any other."""
    properties, required = tool.parameters.get("properties"), tool.parameters.get("required")
    found = properties if isinstance(properties, dict) else {}
    first = [name for name in required if name in found] if isinstance(required, list) else []
    names = [str(name) for name in dict.fromkeys([*first, *found])]
    return {name: schema for name in names if isinstance(schema := found[name], dict)}


def type_words(kinds: frozenset[str]) -> str:
    """Types as a person writes them."""
    said = {"array": "a list", "integer": "an integer", "boolean": "true or false", "object": "a JSON object"}
    return (
        " or ".join(said.get(kind, f"a {kind}" if kind != "null" else "null") for kind in sorted(kinds)) or "a string"
    )
