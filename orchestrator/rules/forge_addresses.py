"""Addresses of repositories: which forge and repository a remote means, and which addresses git may reach. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from ..errors import ForgeRefused
from ..nouns.forge import RepoName

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+):(?!//)(?P<path>[^\s]+)")
_PART = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_SCHEMES = frozenset({"https", "http", "ssh", "git", "git+ssh", "ssh+git"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SSH_HOSTS = {"ssh.github.com": "github.com"}
"""Hosts that only take ssh on another port, and the forge that stands behind them."""


def repository_of(address: str) -> RepoName | None:
    """The repository that the address of a remote means; None where that is on no forge, such as a folder.

    ``https://HOST/OWNER/NAME(.git)``, ``ssh://git@HOST:PORT/OWNER/NAME``, and ``git@HOST:OWNER/NAME`` are understood.
    """
    text = address.strip()
    if "://" in text:
        parts = _split(text)
        if parts is None or parts.scheme not in _SCHEMES:
            return None
        return _named(_host(parts, keep_port=parts.scheme in {"http", "https"}), parts.path)
    match = _SCP.fullmatch(text)
    return _named(match["host"], match["path"]) if match else None


def protocol_of(url: str) -> str:
    """By which of git's protocols an address may be reached: ``https``, ``http`` on loopback, ``file`` for a folder.

    Raises:
        ForgeRefused: any other address, or one that holds a user or a password.
    """
    if url.startswith("/") and "\0" not in url:
        return "file"
    parts = _split(url)
    if parts is None or not parts.hostname or "\n" in url:
        raise ForgeRefused(f"{shown(url)} is no address of a repository: write https://HOST/OWNER/NAME.")
    if "@" in parts.netloc:
        raise ForgeRefused(f"{shown(url)} holds a user or a password: take it out; a token goes into the environment.")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return parts.scheme
    raise ForgeRefused(f"{shown(url)} cannot be reached safely: only https, or http on this machine's loopback.")


def on_loopback(url: str) -> bool:
    """Whether an address is on this machine, so that no proxy stands between."""
    parts = _split(url)
    return parts is not None and parts.hostname in _LOOPBACK


def root_of(url: str) -> str:
    """The scheme, host and port of an address: what a header is bound to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def shown(url: str) -> str:
    """An address for a message: without a user, a password, a query, or anything that is no text."""
    parts = _split(url)
    if parts is None or not parts.netloc:
        return repr(url.rpartition("@")[2][:200])
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host(parts: SplitResult, *, keep_port: bool) -> str:
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if keep_port and parts.port else host


def _named(host: str, path: str) -> RepoName | None:
    """Forges serve two parts; what has more or fewer is something else."""
    parts = path.strip("/").removesuffix(".git").split("/")
    name, _, port = host.lower().partition(":")
    fits = len(parts) == 2 and all(_PART.fullmatch(p) and p.strip(".") for p in parts)  # noqa: PLR2004 - OWNER/NAME
    if not fits or not _HOST.fullmatch(name) or ("." not in name and name not in _LOOPBACK):
        return None
    owner, repo = parts
    return RepoName(owner=owner, name=repo, host=_SSH_HOSTS.get(name, name) + (f":{port}" if port else ""))
