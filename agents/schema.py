"""Checks a value against the part of JSON Schema that our tools and structured outputs use. Pure.

Known are type, enum, const, anyOf, oneOf, allOf, $ref into $defs, properties, required, additionalProperties, items,
prefixItems, and the bounds of strings, numbers and arrays. A keyword that is not known is not checked.
"""

import json
import re
from collections.abc import Iterator, Mapping

from .models.port import Json

Schema = Mapping[str, Json]

_LONGEST_CHAIN = 16
"""References to references that are followed; a schema that refers to itself ends here."""

_MOST_STARTS = 200
"""Places in an answer at which JSON is looked for."""

_START = re.compile(r"([\[{]|(?:\A|(?<=\n))[ \t]*(?:\"|-?\d|true|false|null))")
"""Where JSON may begin: at any bracket, and at a plain value only in the beginning of a line."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def problems(value: Json, schema: Schema, *, name: str = "the answer") -> tuple[str, ...]:
    """What is wrong with a value, in sentences that name the place and say what belongs there; empty if nothing is."""
    return tuple(_problems(value, schema, schema, name))


def types(schema: Schema, root: Schema) -> frozenset[str]:
    """The JSON types a schema admits, with ``$ref`` and ``anyOf`` followed; empty where it admits all."""
    schema = _resolved(schema, root)
    if (kind := schema.get("type")) is not None:
        return frozenset(str(k) for k in kind) if isinstance(kind, list) else frozenset({str(kind)})
    alternatives = [types(option, root) for option in _schemas(schema, "anyOf", "oneOf")]
    return frozenset().union(*alternatives) if all(alternatives) else frozenset()


def _problems(value: Json, schema: Schema, root: Schema, name: str) -> Iterator[str]:
    schema = _resolved(schema, root)
    kinds = schema.get("type")
    if kinds is not None and not any(_is(value, str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])):
        wanted = " or ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds)
        yield f"{name} must be of type {wanted}, not {_kind(value)}"
        return
    yield from _choice_problems(value, schema, name)
    yield from _combination_problems(value, schema, root, name)
    match value:
        case dict():
            yield from _object_problems(value, schema, root, name)
        case list():
            yield from _array_problems(value, schema, root, name)
        case str():
            yield from _string_problems(value, schema, name)
        case int() | float() if not isinstance(value, bool):
            yield from _number_problems(value, schema, name)
        case _:
            pass


def _choice_problems(value: Json, schema: Schema, name: str) -> Iterator[str]:
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        yield f"{name} must be one of {', '.join(map(repr, choices))}"
    if "const" in schema and value != schema["const"]:
        yield f"{name} must be {schema['const']!r}"


def _combination_problems(value: Json, schema: Schema, root: Schema, name: str) -> Iterator[str]:
    for part in _schemas(schema, "allOf"):
        yield from _problems(value, part, root, name)
    options = [tuple(_problems(value, option, root, name)) for option in _schemas(schema, "anyOf", "oneOf")]
    if options and all(options):
        # The option that was meant is the one with the right type, so the one whose complaints are about its parts.
        yield from max(options, key=lambda found: " must be of type " not in found[0])


def _object_problems(value: dict[str, Json], schema: Schema, root: Schema, name: str) -> Iterator[str]:
    known = schema.get("properties")
    properties = known if isinstance(known, dict) else {}
    required = schema.get("required")
    for key in required if isinstance(required, list) else []:
        if key not in value:
            yield f"{name} lacks `{key}`"
    more = schema.get("additionalProperties", True)
    for key, item in value.items():
        if isinstance(part := properties.get(key), dict):
            yield from _problems(item, part, root, _inside(name, key))
        elif isinstance(more, dict):
            yield from _problems(item, more, root, _inside(name, key))
        elif more is False:
            yield f"{name} has no `{key}`; it has {', '.join(f'`{k}`' for k in properties) or 'nothing'}"


def _array_problems(value: list[Json], schema: Schema, root: Schema, name: str) -> Iterator[str]:
    first = _schemas(schema, "prefixItems")
    items = schema.get("items")
    for index, item in enumerate(value):
        part = first[index] if index < len(first) else items
        if isinstance(part, dict):
            yield from _problems(item, part, root, f"`{name.strip('`')}[{index}]`")
    yield from _bounds(len(value), schema, ("minItems", "maxItems"), f"{name} must have", "items")


def _string_problems(value: str, schema: Schema, name: str) -> Iterator[str]:
    yield from _bounds(len(value), schema, ("minLength", "maxLength"), f"{name} must have", "characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and re.search(pattern, value) is None:
        yield f"{name} must match the pattern {pattern}"


def _number_problems(value: float, schema: Schema, name: str) -> Iterator[str]:
    yield from _bounds(value, schema, ("minimum", "maximum"), f"{name} must be", "")
    low, high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(low, int | float) and value <= low:
        yield f"{name} must be more than {low}"
    if isinstance(high, int | float) and value >= high:
        yield f"{name} must be less than {high}"


def _bounds(size: float, schema: Schema, keys: tuple[str, str], start: str, unit: str) -> Iterator[str]:
    low, high = schema.get(keys[0]), schema.get(keys[1])
    if isinstance(low, int | float) and size < low:
        yield f"{start} at least {low} {unit}".rstrip()
    if isinstance(high, int | float) and size > high:
        yield f"{start} at most {high} {unit}".rstrip()


def _resolved(schema: Schema, root: Schema) -> Schema:
    for _ in range(_LONGEST_CHAIN):
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            break
        target: Json = dict(root)
        for step in ref[2:].split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        schema = target if isinstance(target, dict) else {}
    return schema


def _schemas(schema: Schema, *keywords: str) -> list[Schema]:
    found = [part for keyword in keywords if isinstance(parts := schema.get(keyword), list) for part in parts]
    return [part for part in found if isinstance(part, dict)]


def _inside(name: str, key: str) -> str:
    return f"`{key}`" if name.startswith("the ") else f"`{name.strip('`')}.{key}`"


def _is(value: Json, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _kind(value: Json) -> str:
    return next(
        kind for kind in ("boolean", "integer", "number", "string", "array", "object", "null") if _is(value, kind)
    )


def find_json(text: str, schema: Schema) -> tuple[str, tuple[str, ...]]:
    """The JSON in an answer, out of prose and code fences, and what is wrong with it; the first that is right wins."""
    best: tuple[str, tuple[str, ...]] | None = None
    for found, value in _json_values(text):
        wrong = problems(value, schema)
        if not wrong:
            return found, ()
        best = best or (found, wrong)
    return best or (text.strip(), ("there is no JSON value in the answer; send one, and nothing else",))


def _json_values(text: str) -> Iterator[tuple[str, Json]]:
    decoder = json.JSONDecoder(parse_constant=_refuse)
    at = 0
    for _ in range(_MOST_STARTS):
        start = _START.search(text, at)
        if start is None:
            return
        try:
            value, end = decoder.raw_decode(text, start.start(1))
        except (ValueError, RecursionError):
            at = start.end()
        else:
            yield text[start.start(1) : end], value
            at = end


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")
