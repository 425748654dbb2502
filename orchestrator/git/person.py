"""Who commits here. The one look at the person's own git configuration; it only reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .config import read_config
from .door import Door

FALLBACK_NAME = "agentctl"
FALLBACK_ADDRESS = "agentctl@localhost"

_PERSONAL = frozenset({"system", "global"})
_SIGNING = frozenset({"gpg.format", "user.signingkey"})
_PROGRAMS = frozenset(
    {"gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program", "gpg.ssh.defaultkeycommand"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The identity git is configured with, and how it signs."""

    name: str
    address: str
    configured: bool = True
    """False when nobody said who they are, and commits go under agentctl's own name."""
    signs: bool = False
    """Whether ``commit.gpgsign`` asks for every commit to be signed."""
    signing: Mapping[str, str] = field(default_factory=dict)
    """Settings `commit` needs to sign; programs only from the person's or the machine's configuration."""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


def person(door: Door) -> Person:
    """Read the identity for this repository: environment, then its configuration, the person's, the machine's.

    Raises:
        GitError: the configuration cannot be read.
    """
    values: dict[str, str] = {}
    for setting in read_config(replace(door, personal=True)):
        if setting.scope in _PERSONAL or (setting.scope != "command" and setting.key not in _PROGRAMS):
            values[setting.key] = setting.value
    name = os.environ.get("GIT_AUTHOR_NAME") or values.get("user.name", "")
    address = os.environ.get("GIT_AUTHOR_EMAIL") or values.get("user.email", "")
    return Person(
        name=name or FALLBACK_NAME,
        address=address or FALLBACK_ADDRESS,
        configured=bool(name and address),
        signs=values.get("commit.gpgsign", "").lower() in {"true", "yes", "on", "1"},
        signing={key: values[key] for key in sorted(_SIGNING | _PROGRAMS) if key in values},
    )
