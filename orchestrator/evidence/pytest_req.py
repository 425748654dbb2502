"""The pytest plug-in for ``@pytest.mark.req("R3")``: says which requirements a test is about. Runs where pytest runs.

One file, standard library and pytest only, Python 3.8 or later: it may be copied into a project as it is. Each id
becomes a property ``req`` of the test in a JUnit report. Where specs are named, an id that none of them has ends the
session before a test runs. They are named by ``req_specs`` in pytest's own settings, or by ``specs`` under
``[tool.agentctl]`` in pyproject.toml (read by Python 3.11 and later), relative to the root.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "req"
INI = "req_specs"

_ITEM = re.compile(r"^(?:\s*(?:[-*+]|\d+[.)])\s+|\s*#{1,6}\s+|\s*)(?:\[[ xX]\]\s+)?\*\*([REPNQAI]\d+)\*\*")
_FENCE = re.compile(r"^\s*(?:[-*+]\s+|>\s*)*(`{3,}|~{3,})")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_FRONT_ID = re.compile(r"^id:\s*[\"']?([\w.-]+)", re.MULTILINE)
_TITLE = re.compile(r"^#\s+([^:\n]+)", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where the specs are named."""
    parser.addini(INI, "specs whose ids @pytest.mark.req may name, relative to the root", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, for ``--strict-markers`` and ``--markers``."""
    config.addinivalue_line("markers", f"{MARK}(*ids): the requirements of a spec that the test is about")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its properties; a wrong id is an error of usage."""
    named = [(item, marked) for item in items for marked in _ids(item)]
    specs = _specs(config)
    wrong = [f"{item.nodeid}: {why}" for item, marked in named for why in _complaints(marked, specs)]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    for item, marked in named:
        if (MARK, marked) not in item.user_properties:
            item.user_properties.append((MARK, marked))


def ids_of(text: str) -> frozenset[str]:
    """The ids of the items of a spec: bold, at the beginning of a line, outside code."""
    return frozenset(match[1] for line in _prose(text) for match in [_ITEM.match(line)] if match)


def name_of(text: str, path: Path) -> str:
    """What a spec goes by in ``ratelog:R3``: its id, else its title, else the name of its file."""
    front = _FRONT.match(text)
    given = _FRONT_ID.search(front[1]) if front else None
    title = _TITLE.search("\n".join(_prose(text)))
    return given[1] if given else _slug(title[1] if title else "") or _slug(path.stem)


def _prose(text: str) -> Iterator[str]:
    """The lines outside fences."""
    closing = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if closing:
            if fence and fence[1].startswith(closing) and not line.strip(" >-*+").strip(closing[0]).strip():
                closing = ""
        elif fence:
            closing = fence[1]
        else:
            yield line


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _ids(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers(MARK):
        yield from (str(each) for each in mark.args or ("",))


def _complaints(marked: str, specs: dict[str, frozenset[str]]) -> Iterator[str]:
    spec, colon, name = marked.rpartition(":")
    if not name:
        yield f"@pytest.mark.{MARK} names no requirement: write @pytest.mark.{MARK}('R1')"
    elif not specs:
        return
    elif colon and spec not in specs:
        yield f"there is no spec {spec!r}; there is {', '.join(sorted(specs))}"
    elif not any(name in ids for known, ids in specs.items() if not colon or known == spec):
        known = sorted({each for ids in specs.values() for each in ids})
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known) or 'none'}"
        yield f"no spec has a requirement {name}; {hint}"


def _specs(config: pytest.Config) -> dict[str, frozenset[str]]:
    """The ids of each configured spec, by its name."""
    found: dict[str, frozenset[str]] = {}
    for name in [*config.getini(INI), *_in_pyproject(config.rootpath / "pyproject.toml")]:
        path = config.rootpath / name
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise pytest.UsageError(f"{INI}: the spec {path} cannot be read: {error}") from error
        key = name_of(text, path)
        found[key] = found.get(key, frozenset()) | ids_of(text)
    return found


def _in_pyproject(path: Path) -> list[str]:
    """``specs = ["spec.md"]`` under ``[tool.agentctl]``."""
    try:
        import tomllib  # noqa: PLC0415 - Python before 3.11 has none
    except ImportError:
        return []
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return []
    table = tool.get("agentctl", {}) if isinstance(tool, dict) else {}
    specs = table.get("specs", []) if isinstance(table, dict) else []
    return [specs] if isinstance(specs, str) else [each for each in specs if isinstance(each, str)]
