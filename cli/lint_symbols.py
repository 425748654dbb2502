"""Names that a repository's code defines and commands that its packaging installs, by the look of their lines.

Reads files of the checkout and runs nothing of them. A pattern and no parser: it tells a definition from a use in
a dozen languages, which is what a rule about unknown names needs.
"""

import re
import tomllib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

_MOST_BYTES = 32_000_000
_SOURCES = frozenset(
    {".py", ".pyi", ".js", ".mjs", ".jsx", ".ts", ".tsx", ".go", ".rs", ".java", ".kt", ".rb", ".c", ".h"}
)
_DEFINED = re.compile(
    rb"\b(?:def|class|function|func|fn|type|struct|interface|enum|trait|const|let|var|module)\s+\*?(?:\([^)\n]*\)\s*)?"
    rb"([A-Za-z_]\w*)|^\s*([A-Za-z_]\w*)\s*(?::[^=\n]*)?=[^=]",
    re.MULTILINE,
)


def defined(root: Path, paths: Collection[str]) -> frozenset[str] | None:
    """Names that source files define, by the look of their lines; None where there is too much to read."""
    names: set[bytes] = set()
    room = _MOST_BYTES
    for path in paths:
        data = _content(root, path) if PurePosixPath(path).suffix in _SOURCES else b""
        room -= len(data)
        if room < 0:
            return None
        names.update(name for found in _DEFINED.findall(data) for name in found if name)
    return frozenset(name.decode("ascii", "replace") for name in names)


def _content(root: Path, path: str) -> bytes:
    """A file of the checkout; nothing where it is gone, or where a link leads out of the repository."""
    file = (root / path).resolve()
    try:
        return file.read_bytes() if file.is_relative_to(root) and file.is_file() else b""
    except OSError:
        return b""


def installed(root: Path) -> frozenset[str]:
    """The commands that pyproject.toml declares."""
    try:
        with (root / "pyproject.toml").open("rb") as file:
            data = tomllib.load(file)
    except (OSError, ValueError):
        return frozenset()
    project = data.get("project")
    scripts = project.get("scripts") if isinstance(project, dict) else None
    return frozenset(scripts) if isinstance(scripts, dict) else frozenset()
