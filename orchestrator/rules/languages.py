"""Which languages leads write contracts in, and what a path says in them: a test, a module that others import. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Literal

Family = Literal["python", "script"]
"""``script`` is TypeScript and JavaScript, which import each other."""

FAMILIES: tuple[Family, ...] = ("python", "script")
_FAMILY: dict[str, Family] = {
    ".py": "python",
    **dict.fromkeys((".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"), "script"),
}
_FOREIGN = frozenset({".go", ".rs"})
"""Languages whose code is known and in which no contract is written."""
_UNSEEN = frozenset({"__init__", "__main__", "conftest", "setup"})
"""Modules of Python that nobody imports for what they declare."""
_SCRIPT_TEST = re.compile(r"(?:.*/)?__tests__/.+|(?:.*/)?(?:[^/]+[._-])?(?:test|spec)\.(?:[cm]?[jt]s|[jt]sx)")
_TOOL = re.compile(r"(?:.*/)?(?:[^/]+\.(?:config|setup|workspace|preset)\.[cm]?[jt]s|[^/]+\.d\.[cm]?ts|\.[^/]*)")
"""What configures a tool, or holds types alone, which nothing can import where it runs."""
_ELSEWHERE = frozenset({"node_modules", "vendor", "third_party", "dist"})
"""Folders whose code is not the repository's own."""


def family_of(path: str) -> Family | None:
    """The language of a file, or of the files of a glob, by its ending; None for any other."""
    return _FAMILY.get(_ending(path))


def families(globs: Iterable[str], paths: Collection[str], beside: Iterable[str] = ()) -> tuple[Family, ...]:
    """The languages of what globs name; where they name none, that of most code around them.

    Around a glob are the files below its folder, else below the nearest folder above that has code. Where ``paths`` has
    none at all, what the globs ``beside`` name decides.
    """
    named = list(globs)
    found = {family for each in named if (family := family_of(each))}
    if found or any(_ending(each) in _FOREIGN for each in named):
        return tuple(each for each in FAMILIES if each in found)
    code = [path for path in paths if _is_code(path) and not _ELSEWHERE & set(path.split("/"))]
    around = {_most(_near(each, code)) for each in named} if code else {_most(list(filter(_is_code, beside)))}
    return tuple(each for each in FAMILIES if each in around)


def module_of(path: str) -> str:
    """The dotted name a Python file is imported by, where the root and ``src`` are importable; empty for others."""
    parts = PurePosixPath(path.removeprefix("src/")).with_suffix("").parts
    if not path.endswith(".py") or not all(part.isidentifier() for part in parts):
        return ""
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_test_file(path: str) -> bool:
    """Whether the runners of its language take a file of this name for tests."""
    if family_of(path) == "script":
        return _SCRIPT_TEST.fullmatch(path) is not None and not path.endswith((".d.ts", ".d.mts", ".d.cts"))
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def is_module(path: str) -> bool:
    """Whether others can import a file of this name, in a language of contracts; tests are imported by nobody."""
    if family_of(path) == "script":
        return not is_test_file(path) and not _TOOL.fullmatch(path)
    return bool(module_of(path)) and not is_test_file(path)


def is_offered(path: str) -> bool:
    """Whether others may lean on what a file of this name declares."""
    return family_of(path) is not None and not is_test_file(path) and not _is_aside(path)


def names_in_words(path: str) -> re.Pattern[str] | None:
    """How a text names a file other than by its path: as a module; None where it cannot."""
    if family_of(path) == "script":
        bare = re.sub(r"\.(?:[cm]?[jt]s|[jt]sx)$", "", path)
        return re.compile(rf"(?<![\w./-]){re.escape(bare)}(?![\w/-])") if "/" in bare else None
    module = module_of(path)
    return re.compile(rf"(?<![\w.]){re.escape(module)}(?!\w)") if "." in module else None


def _is_aside(path: str) -> bool:
    return PurePosixPath(path).stem in _UNSEEN if path.endswith(".py") else _TOOL.fullmatch(path) is not None


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _is_code(path: str) -> bool:
    return family_of(path) is not None or _ending(path) in _FOREIGN


def _near(glob: str, code: Collection[str]) -> list[str]:
    folder = PurePosixPath(re.split(r"[*?\[]", glob, maxsplit=1)[0] + "x").parent
    for each in (folder, *folder.parents):
        below = [path for path in code if each in PurePosixPath(path).parents]
        if below:
            return below
    return []


def _most(code: Collection[str]) -> Family | None:
    """The language that most of these files are in; of a tie, Python."""
    counts = Counter("other" if (family := family_of(path)) is None else family for path in code)
    best = max(counts.values(), default=0)
    return next((each for each in FAMILIES if counts[each] and counts[each] == best), None)
