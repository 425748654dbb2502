"""What a repository is made of, by its manifests: languages and test commands, folder by folder. Only looks."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DEPTH = 3
"""Folders below the root in which manifests are looked for."""
_FOLDERS = 2_000
_SKIPPED = frozenset({"node_modules", "vendor", "target", "build", "dist", "venv", "__pycache__", "site-packages"})
_PYTHON = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "requirements.txt", "conftest.py")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A folder with code of one language; ``test`` is how it is tested, None where its manifest does not say."""

    folder: str
    language: str
    test: str | None
    by_id: bool = False
    """Whether the gate runs these tests itself, one by one (docs/languages.md), and not by their command."""

    @property
    def command(self) -> str | None:
        """The test command from the root of the repository."""
        if self.test is None or self.folder == ".":
            return self.test
        return f"cd {_quoted(self.folder)} && {self.test}"


def parts_of(root: Path) -> tuple[Part, ...]:
    """Every part that has a manifest, else Python at the root if there are Python files."""
    found = [part for folder, names in _folders(root) for part in _of(root, folder, names)]
    if not found and any(root.glob("*.py")):
        found = [Part(folder=".", language="Python", test="pytest")]
    covered = [part for part in found if part.language == "Python" and part.folder == "."]
    return tuple(part for part in found if part in covered or part.language != "Python" or not covered)


def _folders(root: Path) -> Iterator[tuple[Path, set[str]]]:
    for seen, (place, folders, files) in enumerate(os.walk(root)):
        depth = len(Path(place).relative_to(root).parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED) if depth < _DEPTH else []
        if seen >= _FOLDERS:
            return
        yield Path(place), set(files)


def _of(root: Path, folder: Path, names: set[str]) -> Iterator[Part]:
    where = folder.relative_to(root).as_posix()
    if names.intersection(_PYTHON):
        yield Part(folder=where, language="Python", test="pytest")
    if "package.json" in names:
        language = "TypeScript" if "tsconfig.json" in names else "JavaScript"
        script = _npm_test(folder / "package.json")
        known = re.search(r"\bvitest\b|\bjest\b|\bnode\b.*\s--test\b", script) is not None
        yield Part(folder=where, language=language, test="npm test" if script else None, by_id=known)
    if "go.mod" in names:
        yield Part(folder=where, language="Go", test="go test ./...", by_id=True)
    if "Cargo.toml" in names:
        yield Part(folder=where, language="Rust", test="cargo test", by_id=True)


def _npm_test(manifest: Path) -> str:
    """The script; empty where there is none."""
    try:
        with manifest.open("rb") as file:
            data = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return ""
    scripts = data.get("scripts") if isinstance(data, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    return script if isinstance(script, str) and "no test specified" not in script else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
