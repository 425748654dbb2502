"""What of the outside a command with an allow list may reach: the first lines of a request, and the answer. Pure.

Two ways lead out: ``CONNECT host:port``, and GET or HEAD of a whole ``http://`` address. Names only: an address would
say nothing about whose it is, and a name is looked up by us, so that no question to a name server carries data out.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

HEAD_BYTES = 16_384
"""The longest head of a request."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
"""What libc takes for an address: 127.1, 2130706433, 0x7f000001."""
_RULE = re.compile(rf"(?P<any>\*\.)?(?P<host>{_HOST.pattern})(?::(?P<port>[1-9]\d{{0,4}}))?")
_LINE = re.compile(rb"([A-Z]{3,10}) ([!-~]{1,8000}) HTTP/1\.[01]")
_ADDRESS = re.compile(r"http://(?P<host>[^/?#@:\[\]]+)(?::(?P<port>\d{1,5}))?(?P<path>/[^#]*)?")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_HOP = (b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive", b"upgrade", b"host")
_BODY = (b"content-length", b"transfer-encoding")
_MOST_PORT = 65_535


class Refused(Exception):
    """The request goes nowhere; says why, in words for who wrote the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where a request wants to go; ``head`` is what is sent there first, nothing for a tunnel."""

    host: str
    port: int
    head: bytes = b""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def rule_problem(rule: str) -> str:
    """Why ``rule`` is none of an allow list, or nothing: ``packages.example``, ``*.example.org``, ``host:8443``."""
    found = _RULE.fullmatch(rule.lower())
    if found is None or _NUMERIC.fullmatch(found["host"]) or int(found["port"] or 1) > _MOST_PORT:
        return f"{rule!r} is no name of a host: write host.example.org, *.example.org or host.example.org:8443"
    return ""


def wanted(head: bytes, allow: Iterable[str]) -> Wanted:
    """Where the request with this head may go. Raises Refused."""
    line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None or not all(map(_FIELD.fullmatch, fields)):
        raise Refused("this is no request that a proxy understands")
    method, target = found[1].decode(), found[2].decode()
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        place = Wanted(host=_host(host), port=_port(port))
        _check(place, allow, usual=443)
        return place
    if method not in ("GET", "HEAD"):
        raise Refused(f"{method} is not let through: only CONNECT, GET and HEAD")
    address = _ADDRESS.fullmatch(target)
    if address is None:
        raise Refused("only whole addresses that begin with http:// are let through")
    place = Wanted(host=_host(address["host"]), port=_port(address["port"] or "80"))
    _check(place, allow, usual=80)
    return Wanted(host=place.host, port=place.port, head=_passed_on(method, address["path"] or "/", place, fields))


def is_outside(address: str) -> bool:
    """Whether an address that a name was found to have is one of another machine: no loopback, no link-local one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or found
    return not (inner.is_loopback or inner.is_link_local or inner.is_multicast or inner.is_unspecified)


def _host(text: str) -> str:
    host = text.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > 253 or _NUMERIC.fullmatch(host):  # noqa: PLR2004 - RFC 1035
        raise Refused(f"{text[:80]} is no name of a host: addresses are not let through")
    return host


def _port(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 0 < int(text) <= _MOST_PORT:
        raise Refused(f"{text[:20]} is no port")
    return int(text)


def _check(place: Wanted, allow: Iterable[str], *, usual: int) -> None:
    if not any(_fits(rule.lower(), place, usual=usual) for rule in allow):
        raise Refused(f"{place} is not in allow under [egress] in agentctl.toml")


def _fits(rule: str, place: Wanted, *, usual: int) -> bool:
    found = _RULE.fullmatch(rule)
    if found is None or place.port != int(found["port"] or usual):
        return False
    return place.host.endswith(f".{found['host']}") if found["any"] else place.host == found["host"]


def _passed_on(method: str, path: str, place: Wanted, fields: list[bytes]) -> bytes:
    """The request as a server takes it; one to a connection, so that what follows is not let through unread."""
    names = [field.partition(b":")[0].lower() for field in fields]
    if any(name in _BODY for name in names):
        raise Refused(f"a {method} with a body is not let through")
    kept = [field for field, name in zip(fields, names, strict=True) if name not in _HOP]
    host = place.host if place.port == 80 else str(place)  # noqa: PLR2004 - of http
    lines = [f"{method} {path} HTTP/1.1".encode(), f"Host: {host}".encode(), *kept, b"Connection: close", b"", b""]
    return b"\r\n".join(lines)
