"""What may be named on a git command line: object ids, refs, and revisions. Pure."""

import re

from ..errors import GitError

OWN_REFS = ("refs/agentctl/", "refs/heads/agentctl/")
"""The only refs that are ever moved in a repository which is not ours."""

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs(?:/[A-Za-z0-9_+=@%,-][A-Za-z0-9_.+=@%,-]*)+")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+=@%,~^{}-]*")


def object_id(text: str) -> str:
    """The full object id (40 or 64 hex digits) that ``text`` is; raises GitError on anything else."""
    if not _ID.fullmatch(text):
        raise GitError(f"{text[:80]!r} is not a full object id")
    return text


def no_object(like: str) -> str:
    """The id that stands for nothing, as long as ``like``."""
    return "0" * len(like)


def own_ref(text: str) -> str:
    """The ref that ``text`` is, if it is one of ours to move; raises GitError otherwise."""
    if not ref_ok(text) or not text.startswith(OWN_REFS):
        raise GitError(f"{text[:200]!r} is not a ref under {' or '.join(OWN_REFS)}; nothing else is ever moved")
    return text


def ref_prefix(text: str) -> str:
    """A full ref, or the beginning of one that ends with a slash; raises GitError otherwise."""
    if not ref_ok(text.removesuffix("/")) and text != "refs/":
        raise GitError(f"{text[:200]!r} is not the name of a ref")
    return text


def ref_ok(text: str) -> bool:
    """Whether this is a full ref name; a subset of what ``git check-ref-format`` allows."""
    parts = text.split("/")
    return bool(_REF.fullmatch(text)) and ".." not in text and not any(p.endswith((".lock", ".")) for p in parts)


def revision(text: str) -> str | None:
    """A revision that is safe to resolve (a branch, a tag, an id, ``HEAD~2``), or None: no paths, no options."""
    return text if _REVISION.fullmatch(text) and ".." not in text else None
