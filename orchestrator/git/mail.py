"""Commits as mails that ``git am`` takes. Reads; changes nothing.

``git format-patch`` writes a commit's message as it is, and whatever in it looks like a patch would be applied as one;
so the mails are written here, and such lines begin with a space.
"""

import base64
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr, formatdate

from .names import object_id
from .repository import Repository

_WIDTH = 76
_PATCHES = re.compile(rb"(?m)^(?=---|diff |Index: |From |>From |\*\*\* |-- $|[-+]{3} )")
"""What a reader of mails takes for the end of the message, or for the next mail."""
_PERSON = re.compile(rb"(?P<name>.*?) ?<(?P<address>[^>]*)> (?P<at>\d+) [+-]\d{4}")
_NEVER = b"Mon Sep 17 00:00:00 2001"
"""The date in the first line of every mail that git writes, by which it knows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A commit as a mail; ``subject`` is the first line of its message."""

    commit: str
    subject: str
    content: bytes


async def mail_of(repository: Repository, commit: str, *, number: int, of: int) -> Mail | None:
    """The mail of a commit with one parent; None for one that changes nothing, which ``git am`` does not take."""
    raw = (await repository.door.call("cat-file", "commit", object_id(commit))).output
    head, _, message = raw.partition(b"\n\n")
    patch = await _patch(repository, commit)
    if not patch:
        return None
    subject, _, rest = message.partition(b"\n")
    text = subject.decode("utf-8", "replace")
    body = _PATCHES.sub(b" ", rest.strip(b"\n"))
    content = (body + b"\n" if body else b"") + b"---\n\n" + patch + b"-- \nagentctl\n\n"
    headers = [*_from(head), f"Subject: {_encoded(f'[PATCH {number}/{of}] {text}', len('Subject: '))}".encode()]
    return Mail(commit=commit, subject=text, content=_mail(commit, headers, content))


def letter(subject: str, text: str, *, commit: str, sender: tuple[str, str], at: float) -> bytes:
    """A mail that holds no patch, such as the one that introduces a series."""
    headers = [
        f"From: {_address(*sender)}".encode(),
        f"Date: {formatdate(at)}".encode(),
        f"Subject: {_encoded(subject, len('Subject: '))}".encode(),
    ]
    return _mail(commit, headers, _PATCHES.sub(b" ", text.encode("utf-8", "replace")))


async def _patch(repository: Repository, commit: str) -> bytes:
    options = ("-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--no-commit-id", "--end-of-options")
    trees = [f"{object_id(commit)}^", object_id(commit)]
    return (await repository.door.call("diff-tree", "-r", *options, *prefixes, *trees)).output


def _from(head: bytes) -> list[bytes]:
    """Who wrote a commit, and when."""
    line = next(line[7:] for line in head.split(b"\n") if line.startswith(b"author "))
    found = _PERSON.fullmatch(line)
    if found is None:
        return [b"From: unknown <unknown@localhost>"]
    name, address = (found[part].decode("utf-8", "replace") for part in ("name", "address"))
    return [f"From: {_address(name, address)}".encode(), f"Date: {formatdate(int(found['at']))}".encode()]


def _address(name: str, address: str) -> str:
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', maxlinelen=_WIDTH).encode()} <{address}>"


def _encoded(text: str, used: int) -> str:
    charset = None if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=_WIDTH, header_name="x" * (used - 2)).encode()


def _mail(commit: str, headers: list[bytes], content: bytes) -> bytes:
    """One mail; in base64 where a carriage return would not survive otherwise."""
    coded = b"\r" in content
    encoding = b"base64" if coded else b"8bit"
    about = [
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=UTF-8",
        b"Content-Transfer-Encoding: " + encoding,
    ]
    first = b"From " + commit.encode() + b" " + _NEVER
    return b"\n".join([first, *headers, *about, b"", base64.encodebytes(content) if coded else content])
