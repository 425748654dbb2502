"""What a change of a dependency manifest changes, by structure, beyond packages that a person allowed. Pure.

A package is added or gets other versions; whatever else differs is a reason to refuse: another package, one that goes,
an address in the place of versions, an extra that nobody named, a table or an option of the file. Comments, order of
keys and white space may differ. Names are compared as PEP 503 says; those of npm as they are.
"""

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSIONS = r"(?:===?|~=|!=|[<>]=?)\s*[A-Za-z0-9.*+!_-]+"
_REQUIREMENT = re.compile(
    rf"(?P<name>{_NAME.pattern})\s*(?:\[(?P<extras>[A-Za-z0-9._,\s-]*)\])?\s*"
    rf"(?P<versions>\(?\s*(?:{_VERSIONS}(?:\s*,\s*{_VERSIONS})*)?\s*\)?)\s*(?:;(?P<marker>(?:(?!\s-)[^\n])*))?"
)
_RANGE = re.compile(r"[\^~<>=v\s|*xX.,0-9A-Za-z+-]{1,100}")
_TAGGED = re.compile(r"(?:[\^~]|[<>]=?|=)?\s*v?[0-9xX*]")
_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.txt")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_CODING = re.compile(rb"#.*?coding[:=]\s*([-\w.]+)")
"""What pip takes for the encoding of a file, in its first two lines."""
_UTF8 = (b"utf-8", b"utf8")
_ODD_BREAK = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]|\r(?!\n)")
"""Where Python breaks lines and other readers may not."""


class _Beyond(Exception):
    """Something else differs; the text says what. Never leaves this module."""


def is_compared(path: str) -> bool:
    """Whether changes of this file can be compared: pyproject.toml, requirements*.txt, package.json."""
    return _comparison(path) is not None


def normal(name: str) -> str:
    """A package's name as it is compared."""
    return name if name.startswith("@") else re.sub(r"[-_.]+", "-", name).lower()


def beyond(path: str, before: bytes, after: bytes, *, allowed: Collection[str]) -> str:
    """What a change does beyond adding or bumping ``allowed`` packages, as the end of a sentence; empty for nothing."""
    compare = _comparison(path)
    if compare is None:
        return "is no manifest whose dependencies can be compared"
    if max(len(before), len(after)) > _LONGEST:
        return "is too large to be compared"
    try:
        compare(before, after, frozenset(map(normal, allowed)))
    except _Beyond as reason:
        return str(reason)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        return f"cannot be read as what it is ({type(error).__name__})"
    return ""


def _comparison(path: str) -> Callable[[bytes, bytes, frozenset[str]], None] | None:
    name = path.rpartition("/")[2]
    if name == "pyproject.toml":
        return _pyproject
    if name == "package.json":
        return _package_json
    return _requirements if _REQUIREMENTS.fullmatch(name) else None


def _pyproject(before: bytes, after: bytes, allowed: frozenset[str]) -> None:
    old, new = tomllib.loads(before.decode()), tomllib.loads(after.decode())
    was, now = _taken(old, "project"), _taken(new, "project")
    _same(old, new, "")
    _entries(was.pop("dependencies", []), now.pop("dependencies", []), allowed, "[project] dependencies")
    groups, regrouped = was.pop("optional-dependencies", {}), now.pop("optional-dependencies", {})
    _same(was, now, "project.")
    if not isinstance(groups, dict) or not isinstance(regrouped, dict):
        raise _Beyond("has optional-dependencies that are no table")
    for name in {**groups, **regrouped}:
        if name not in regrouped:
            raise _Beyond(f"takes out the optional-dependencies `{name[:40]}`")
        _entries(groups.get(name, []), regrouped[name], allowed, f"the optional-dependencies `{name[:40]}`")


def _taken(table: dict[str, Any], name: str) -> dict[str, Any]:
    """A table, whose place in the outer one says only whether it was there."""
    inner = table.get(name)
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise _Beyond(f"has a `{name}` that is no table")
    table[name] = True
    return inner


def _same(old: Mapping[str, Any], new: Mapping[str, Any], within: str) -> None:
    for key in [*old, *(key for key in new if key not in old)]:
        if _typed(old.get(key)) != _typed(new.get(key)):
            inner, other = old.get(key), new.get(key)
            if isinstance(inner, dict) and isinstance(other, dict):
                _same(inner, other, f"{within}{key}.")
            raise _Beyond(f"changes `{f'{within}{key}'[:80]}`")


def _typed(value: Any) -> str:
    """Equal for equal values of equal types: ``1``, ``1.0`` and ``true`` differ."""
    return repr(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _entries(old: Any, new: Any, allowed: frozenset[str], where: str) -> None:
    """Lists of requirements as PEP 508 writes them."""
    if not isinstance(old, list) or not isinstance(new, list) or not all(isinstance(e, str) for e in (*old, *new)):
        raise _Beyond(f"has {where} that are no list of texts")
    _compare([each.strip() for each in old], [each.strip() for each in new], allowed, where)


def _compare(old: Sequence[str], new: Sequence[str], allowed: frozenset[str], where: str) -> None:
    kept, left = _others(old, allowed), _others(new, allowed)
    if kept != left:
        odd = next((each for each in left if each not in kept), "")
        gone = next((each for each in kept if each not in left), "the order")
        raise _Beyond(f"adds `{odd[:60]}` to {where}" if odd else f"changes `{gone[:60]}` in {where}")
    lost = _named(old, allowed) - _named(new, allowed)
    if lost:
        raise _Beyond(f"takes `{min(lost)}` out of {where}")
    for each in new:
        if each not in old and each not in left:
            _harmless(each, [entry for entry in old if _name(entry) == _name(each)], where)


def _others(entries: Sequence[str], allowed: frozenset[str]) -> list[str]:
    return [each for each in entries if _name(each) not in allowed]


def _named(entries: Sequence[str], allowed: frozenset[str]) -> set[str]:
    return {name for each in entries if (name := _name(each)) in allowed}


def _name(entry: str) -> str:
    found = _NAME.match(entry)
    return normal(found[0]) if found else ""


def _harmless(entry: str, before: Sequence[str], where: str) -> None:
    """Only versions and a marker: an address could be anything, and an extra brings further packages."""
    found = _REQUIREMENT.fullmatch(entry)
    if found is None:
        raise _Beyond(f"writes `{entry[:60]}` into {where}, which is more than a name and versions")
    had = [_REQUIREMENT.fullmatch(each) for each in before]
    if found["extras"] and found["extras"] not in {each["extras"] for each in had if each}:
        raise _Beyond(f"asks for an extra, `{entry[:60]}`, in {where}")


def _requirements(before: bytes, after: bytes, allowed: frozenset[str]) -> None:
    old, new = list(_lines(before)), list(_lines(after))
    _compare(old, new, allowed, "its lines")


def _lines(content: bytes) -> Iterator[str]:
    """Lines as pip and uv both join them, without comments; what they read differently is refused.

    A line that ends with a backslash goes on, but no comment does: neither one with a line of its own, which pip leaves
    out, nor one behind a requirement, which pip would continue and uv would not.
    """
    if any(found[1].lower() not in _UTF8 for line in content.split(b"\n")[:2] if (found := _CODING.match(line))):
        raise _Beyond("declares an encoding")
    text = content.decode()
    if _ODD_BREAK.search(text):
        raise _Beyond("breaks lines in an odd way")
    begun = ""
    for line in text.splitlines():
        comment = _COMMENT.search(line)
        if comment is not None and line.endswith("\\"):
            raise _Beyond("has a comment that ends with a backslash")
        if comment is None and line.endswith("\\"):
            begun += line.rstrip("\\") + " "
            continue
        if whole := _COMMENT.sub("", begun + line).strip():
            yield whole
        begun = ""
    if begun.strip():
        yield begun.strip()


def _package_json(before: bytes, after: bytes, allowed: frozenset[str]) -> None:
    old, new = _object(before), _object(after)
    was, now = _taken(old, "dependencies"), _taken(new, "dependencies")
    if "dependencies" in new:
        old.setdefault("dependencies", True)
    _same(old, new, "")
    for name in [*was, *(name for name in now if name not in was)]:
        if was.get(name) == now.get(name):
            continue
        if name not in now:
            raise _Beyond(f"takes `{name[:60]}` out of its dependencies")
        if normal(name) not in allowed:
            raise _Beyond(f"{'changes' if name in was else 'adds'} `{name[:60]}` in its dependencies")
        if not _is_range(now[name]):
            raise _Beyond(f"gives `{name[:60]}` something else than versions")


def _is_range(value: Any) -> bool:
    """Versions of the registry: no tag, address, file or other package."""
    return isinstance(value, str) and bool(_RANGE.fullmatch(value) and _TAGGED.match(value.strip()))


def _object(text: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise _Beyond("has a key twice")
        return dict(pairs)

    found = json.loads(text.decode(), object_pairs_hook=once)
    if not isinstance(found, dict):
        raise _Beyond("is no object")
    return found
