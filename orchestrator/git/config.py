"""Reads git configuration, and where each setting comes from. Changes none."""

from collections.abc import Mapping
from dataclasses import dataclass

from .door import Door

_OWN = frozenset({"local", "worktree"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of configuration; keys are as git prints them, lower-case but for the middle part."""

    scope: str
    """``system``, ``global``, ``local``, ``worktree``, or ``command`` for what the door itself says."""
    key: str
    value: str


def read_config(door: Door) -> tuple[Setting, ...]:
    """All settings this door sees, those that win last; raises GitError."""
    parts = (
        door.run("config", "--list", "-z", "--show-scope", "--includes").output.decode("utf-8", "replace").split("\0")
    )
    settings: list[Setting] = []
    for scope, pair in zip(parts[0:-1:2], parts[1::2], strict=True):
        key, _, value = pair.partition("\n")
        settings.append(Setting(scope=scope, key=key, value=value))
    return tuple(settings)


def repository_config(door: Door) -> Mapping[str, str]:
    """The repository's own settings, by key; raises GitError."""
    return {setting.key: setting.value for setting in read_config(door) if setting.scope in _OWN}
