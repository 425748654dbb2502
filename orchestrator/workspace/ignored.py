"""Which untracked files are no part of anybody's work: caches, and what the base's own .gitignore files say."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

CACHES = frozenset(
    {
        "__pycache__",
        ".coverage",
        ".DS_Store",
        ".eggs",
        ".hypothesis",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        "node_modules",
    }
)
_LONGEST = 300
_STARS = 6
_ENDINGS = (".egg-info", ".pyc", ".pyo")

PATTERNS = (*sorted(CACHES), *(f"*{ending}" for ending in _ENDINGS))
"""The caches, as lines of a .gitignore file."""


class Ignored:
    """Answers for one base, whose tracked files are never ignored.

    Args:
        tracked: every path of the base.
        rules: the content of each .gitignore of the base, by the folder it stands in (``""`` is the root).
    """

    def __init__(self, tracked: Iterable[str], rules: Mapping[str, bytes]) -> None:
        self._tracked = frozenset(tracked)
        self._folders = frozenset(folders_of(self._tracked))
        self._rules = rules
        self._specs = cache(self._spec)
        self._in_ignored = cache(self._folder_ignored)

    def __call__(self, path: str, folder: bool) -> bool:  # noqa: FBT001 - the second half of a name, as in `Skip`
        """Whether this path is left out; a folder with tracked files in it never is."""
        if path in (self._folders if folder else self._tracked):
            return False
        return self._in_ignored(path) if folder else self._ignored(path, folder=False)

    def _folder_ignored(self, path: str) -> bool:
        return bool(path) and self._ignored(path, folder=True)

    def _ignored(self, path: str, *, folder: bool) -> bool:
        above, _, name = path.rpartition("/")
        if name in CACHES or name.endswith(_ENDINGS) or self._in_ignored(above):
            return True
        return bool(self._rules) and self._by_rules(path + "/" if folder else path, above)

    def _by_rules(self, path: str, above: str) -> bool:
        """The innermost .gitignore with an opinion decides."""
        place = above
        while True:
            spec = self._specs(place)
            verdict = spec.check_file(path[len(place) + 1 :] if place else path).include if spec else None
            if verdict is not None or not place:
                return bool(verdict)
            place = place.rpartition("/")[0]

    def _spec(self, folder: str) -> Any:
        content = self._rules.get(folder)
        if content is None:
            return None
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 60 ms of import for the few that get this far

        lines = [line for line in content.decode("utf-8", "surrogateescape").splitlines() if _sane(line)]
        try:
            return GitIgnoreSpec.from_lines(lines)
        except ValueError:
            return GitIgnoreSpec([pattern for line in lines for pattern in _patterns(GitIgnoreSpec, line)])


def _sane(line: str) -> bool:
    """Patterns become regular expressions, and one with many stars can be made to take hours."""
    return len(line) <= _LONGEST and line.count("*") <= _STARS


def _patterns(kind: Any, line: str) -> Iterable[Any]:
    try:
        return tuple(kind.from_lines([line]).patterns)
    except ValueError:
        return ()


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder on the way to these paths, without the root."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def rule_files(paths: Iterable[str]) -> dict[str, str]:
    """The .gitignore files among these paths, by the folder each stands in."""
    return {path.rpartition("/")[0]: path for path in paths if path.rpartition("/")[2] == ".gitignore"}
