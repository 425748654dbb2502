"""The front matter: YAML in, a Meta and what is wrong with it out. Untrusted text; never raises."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, get_args

from .flat_yaml import flat
from .names import FOREIGN_KEYS, meant_key, suggestion
from .nouns import Allow, Autonomy, Budget, Diagnostic, Meta

_BLOCK = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_OPEN = re.compile(r"---[ \t]*\n([A-Za-z_]+):")
_KEY = re.compile(r"""["']?(?P<key>[^\W\d_][\w.-]*)["']?[ \t]*:(?:[ \t\n]|\Z)""")
_ASIDE = re.compile(r"[ \t]*(?:#.*)?\n")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_PACKAGE = re.compile(r"(?:@[a-z0-9][\w.-]*/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", re.ASCII)
_ALLOWED = ("deps", "paths", "network")
VERSION = 1
_KEPT = "front matter of another tool is kept as context and sets nothing here"


class _Refused(Exception):
    """A value cannot be used; the text says what would do. Never leaves this module."""


def split(text: str) -> tuple[str, str]:
    """The front matter's YAML, and the document with those lines emptied so that its line numbers stay true."""
    found = _BLOCK.match(text)
    if not found or (found[1].strip() and not _begins(found[1])):
        return "", text
    return found[1], "\n" * found[0].count("\n") + text[found.end() :]


def read(text: str) -> tuple[Meta, tuple[Diagnostic, ...]]:
    """The front matter of a document; what is wrong is left at its default and reported."""
    source, _ = split(text)
    if not source:
        opened = None if _BLOCK.match(text) else _OPEN.match(text)
        unclosed = opened is not None and meant_key(opened[1], _KEYS) is not None
        return Meta(), (_trouble("the front matter has no closing `---` line", 1),) if unclosed else ()
    data, trouble = _load(source)
    if trouble and _is_foreign(source):
        return Meta(), (_trouble(f"{_KEPT}: {trouble.message}", trouble.line, code="SPF019"),)
    if trouble:
        return Meta(), (trouble,)
    found: list[Diagnostic] = []
    values: dict[str, Any] = {}
    others: list[tuple[str, int]] = []
    for key, value in data.items():
        line = line_of(source, str(key))
        entry = _KEYS.get(key) if isinstance(key, str) else None
        if entry is None:
            near = meant_key(str(key), _KEYS)
            message = f"unknown key `{str(key)[:40]}` in the front matter (did you mean `{near}`?)"
            found += [_trouble(message, line)] if near else []
            others += [] if near else [(str(key)[:40], line)]
            continue
        try:
            values[entry.field] = entry.read(value)
        except _Refused as refused:
            found.append(_trouble(f"`{key}` {refused}", line, code=entry.code))
    if others:
        named = ", ".join(f"`{key}`" for key, _ in others)
        found.append(_trouble(f"{_KEPT}: {named}", others[0][1], code="SPF019"))
    return Meta(**values), tuple(found)


def kept(text: str) -> str:
    """The lines of the front matter that are another tool's."""
    return "\n".join(lines for key, lines in _entries(split(text)[0]) if key not in _KEYS)


def _begins(source: str) -> bool:
    """Whether lines between two rules begin as front matter does: with a key."""
    at = 0
    while found := _ASIDE.match(source, at):
        at = found.end()
    return _KEY.match(source, at) is not None


def _is_foreign(source: str) -> bool:
    """Whether what is no YAML need not be ours: a key of it is known as another tool's, and none is nearly ours."""
    keys = [key for key, _ in _entries(source)]
    return any(key.lower() in FOREIGN_KEYS for key in keys) and not any(meant_key(key, _KEYS) for key in keys)


def _entries(source: str) -> Iterator[tuple[str, str]]:
    """Keys at the left margin, each with its lines."""
    entries: list[tuple[str, list[str]]] = []
    for line in source.rstrip("\n").split("\n"):
        if found := _KEY.match(line):
            entries.append((found["key"], [line]))
        elif entries:
            entries[-1][1].append(line)
    yield from ((key, "\n".join(lines)) for key, lines in entries)


def _load(source: str) -> tuple[dict[Any, Any], Diagnostic | None]:
    plain = flat(source)
    if plain is not None:
        return plain, None
    import yaml  # noqa: PLC0415 - most front matter is plain, and need not wait a tenth of lint's time for it

    try:
        data = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return {}, _trouble(f"the front matter is not valid YAML: {error.problem}", mark.line + 2 if mark else 1)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, _trouble(f"the front matter is not valid YAML: {type(error).__name__}", 1)
    if data is None:
        return {}, None
    if not isinstance(data, dict):
        return {}, _trouble("the front matter must be `key: value` lines", 2)
    return data, None


def _trouble(message: str, line: int, *, code: str = "SPF001") -> Diagnostic:
    return Diagnostic(code=code, message=message, line=line)


def line_of(source: str, key: str) -> int:
    """The line of a top-level key, the last one if it stands there twice; the front matter's own first line is 1."""
    found = ((n, _KEY.match(line)) for n, line in enumerate(source.split("\n"), 2))
    return max((n for n, name in found if name and name["key"] == key), default=1)


def _version(value: object) -> int:
    if value != VERSION or isinstance(value, bool):
        raise _Refused(f"must be {VERSION}: this agentctl reads no other version of the format")
    return VERSION


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.match(value):
        raise _Refused("must be letters, digits and `-`, such as `rate-log`")
    return value


def _autonomy(value: object) -> Autonomy:
    for level in get_args(Autonomy):
        if value == level:
            return level  # type: ignore[no-any-return]
    raise _Refused(f"must be one of {', '.join(get_args(Autonomy))}{suggestion(str(value)[:20], get_args(Autonomy))}")


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry.strip() for entry in value):
        raise _Refused('must be a list of texts, such as ["src/**"]')
    return tuple(value)


def _budget(value: object) -> Budget:
    fields = ("usd", "minutes", "workers")
    if not isinstance(value, dict):
        raise _Refused("must be such as {usd: 4.00, minutes: 40, workers: 5}")
    for key, amount in value.items():
        if key not in fields:
            raise _Refused(f"has an unknown key `{str(key)[:40]}`{suggestion(str(key), fields)}")
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < float("inf"):
            raise _Refused(f"needs a positive number for `{key}`")
    workers = value.get("workers")
    if workers is not None and not isinstance(workers, int):
        raise _Refused("needs a whole number for `workers`")
    return Budget(usd=value.get("usd"), minutes=value.get("minutes"), workers=workers)


def _allow(value: object) -> Allow:
    if not isinstance(value, dict):
        raise _Refused('must be such as {deps: [httpx], paths: ["package.json"]}')
    for key in value:
        if key not in _ALLOWED:
            raise _Refused(f"has an unknown key `{str(key)[:40]}`{suggestion(str(key), _ALLOWED)}")
    if value.get("network"):
        raise _Refused(
            "cannot give `network`: no command of a worker reaches one, whatever is written here; have what is needed "
            "installed beforehand, by `deps` or by `setup` under [workspace] in agentctl.toml"
        )
    deps, paths = (_texts(value.get(key, [])) for key in ("deps", "paths"))
    for name in deps:
        if not _PACKAGE.fullmatch(name):
            raise _Refused(f"lists names of packages under `deps`, without versions; `{name[:40]}` is none")
    return Allow(deps=deps, paths=paths)


def _lint(value: object) -> tuple[str, ...]:
    if not isinstance(value, dict) or set(value) - {"ignore"}:
        raise _Refused("must be such as {ignore: [SPA109]}")
    codes = _texts(value.get("ignore", []))
    if not all(re.fullmatch(r"SP[A-Z]\d{3}", code) for code in codes):
        raise _Refused("must list codes such as SPA109 under `ignore`")
    return codes


class _Key(NamedTuple):
    field: str
    read: Callable[[object], object]
    code: str = "SPF001"


def _keys() -> Iterator[tuple[str, _Key]]:
    yield "spec", _Key("version", _version, "SPF002")
    yield "id", _Key("id", _id)
    yield "budget", _Key("budget", _budget)
    yield "autonomy", _Key("autonomy", _autonomy)
    for name in ("owns", "forbid", "gate", "depends"):
        yield name, _Key(name, _texts)
    yield "lint", _Key("ignore", _lint)
    yield "allow", _Key("allow", _allow)


_KEYS = dict(_keys())
