"""What git says when another repository refuses it, in words that say what to do. Pure."""

import re
from collections.abc import Iterator

from ..errors import AgentctlError, ForgeAway, ForgeRefused, GitError, HeadMoved
from ..rules.forge_addresses import shown
from .door import TIMED_OUT

_MOST = 600
"""Characters of git's own words in a message."""

_AWAY = re.compile(
    r"Could not resolve host|Failed to connect|Connection (?:refused|reset|timed out)|Operation (?:too slow|timed out)"
    r"|timed? ?out|unexpected disconnect|early EOF|Empty reply|hung up unexpectedly|RPC failed"
    r"|returned error: (?:5\d\d|429)"
    r"|gnutls_handshake|SSL_ERROR_SYSCALL|Network is unreachable|Recv failure",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\(stale info\)|\(fetch first\)|\(non-fast-forward\)|reference already exists|failed to update ref|cannot lock ref"
)
_LOGIN = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|returned error: 401"
    r"|Invalid username|Bad credentials",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"returned error: 403|Permission to .* denied|Write access .* not granted|not allowed to push", re.IGNORECASE
)
_RULE = re.compile(
    r"protected branch|GH006|GH013|rule violations|pre-receive hook declined|hook declined|remote rejected",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"couldn't find remote ref (\S+)")
_NOWHERE = re.compile(
    r"Repository not found|repository .* not found|returned error: 404|does not appear to be a git repository",
    re.IGNORECASE,
)
_REDIRECT = re.compile(r"returned error: 30\d|unable to update url base from redirection|redirect", re.IGNORECASE)
_TOLD = re.compile(r"^(?:remote|fatal|error|!): ?|^! ")


def explain(words: str, *, status: int, doing: str, url: str) -> AgentctlError:
    """The error that a fetch or a push ended with; ``doing`` is ``push to``, ``words`` are git's, without secrets."""
    place, said = shown(url), _essence(words)
    if status in TIMED_OUT:
        return ForgeAway(f"It took too long to {doing} {place}: try again, or look at the network.")
    if _MOVED.search(words):
        return HeadMoved(f"Somebody else moved a branch of ours on {place}, so nothing was pushed: {said}")
    if absent := _ABSENT.search(words):
        return ForgeRefused(f"{place} has no {absent[1][:200]}.")
    for pattern, what in _WORDS:
        if pattern.search(words):
            return ForgeRefused(f"{what.format(doing=doing, place=place)} {said}")
    if _AWAY.search(words):
        return ForgeAway(f"{place} cannot be reached now: {said}")
    return GitError(f"git could not {doing} {place}: {said}")


_WORDS = (
    (_LOGIN, "The login is not accepted by {place}: look at the token, or log in anew."),
    (_FORBIDDEN, "The login may not {doing} {place}: it needs write access to contents."),
    (_NOWHERE, "{place} is not there, or the login may not see it."),
    (_RULE, "A rule of {place} refuses it: a protected branch, or a hook."),
    (_REDIRECT, "{place} sends us elsewhere, where we do not follow: name the repository as it is called now."),
)


def refused_refs(porcelain: str) -> Iterator[str]:
    """The lines of ``push --porcelain`` that say which ref was refused, and why."""
    for line in porcelain.splitlines():
        flag, _, rest = line.partition("\t")
        if flag == "!":
            yield f"! {rest.replace(chr(9), ' ')}"


def _essence(words: str) -> str:
    """What git and the other side say, without progress and hints."""
    lines = [line.strip() for line in words.splitlines()]
    told = [_TOLD.sub("", line).strip() for line in lines if _TOLD.search(line)]
    text = "; ".join(dict.fromkeys(filter(None, told))) or " ".join(lines) or "it gave no reason"
    return text[:_MOST]
