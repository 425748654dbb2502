"""How a commit is written down: who, when, which trailers; and how one is read back. Pure."""

import re
from collections.abc import Mapping

from ..errors import SettingsError

_IDENTITY = re.compile(r"\s*(?P<name>[^<>\n\0]*[^<>\s\0])\s*<(?P<address>[^<>\s\0]+)>\s*")
_TRAILER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*: \S.*")


def parse_identity(text: str) -> tuple[str, str]:
    """The name and the address of ``Name <address>``; raises SettingsError on anything else."""
    match = _IDENTITY.fullmatch(text)
    if match is None:
        raise SettingsError(f"{text!r} is not an author: write it as `Name <address>`.")
    return match["name"], match["address"]


def who_and_when(*, author: tuple[str, str], committer: tuple[str, str], at: float) -> Mapping[str, str]:
    """The environment of ``git commit-tree``; ``at`` is seconds since the epoch, written in UTC."""
    date = f"@{int(at)} +0000"
    return {
        "GIT_AUTHOR_NAME": author[0],
        "GIT_AUTHOR_EMAIL": author[1],
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": committer[0],
        "GIT_COMMITTER_EMAIL": committer[1],
        "GIT_COMMITTER_DATE": date,
    }


def signed_off(message: str, identity: tuple[str, str]) -> str:
    """The message with a ``Signed-off-by`` trailer at its end, once."""
    line = f"Signed-off-by: {identity[0]} <{identity[1]}>"
    body = message.rstrip("\n")
    last = body.rpartition("\n\n")[2].splitlines()
    if line in last:
        return body + "\n"
    in_trailers = "\n\n" in body and all(_TRAILER.fullmatch(each) for each in last)
    return f"{body}\n{line}\n" if in_trailers else f"{body}\n\n{line}\n"


def message_of(commit: bytes) -> str:
    """The full message of a raw commit object."""
    head, _, message = commit.partition(b"\n\n")
    encoding = next((line[9:] for line in head.split(b"\n") if line.startswith(b"encoding ")), b"utf-8")
    try:
        return message.decode(encoding.decode("ascii"), "replace")
    except (LookupError, UnicodeDecodeError):
        return message.decode("utf-8", "replace")
