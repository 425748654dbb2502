"""Which requests the dashboard's server hears. Pure: the head of a request comes in, a refusal or None goes out.

What is checked, in this order, and why: the version and the target's form (one way to read a request), the host (a name
that was rebound to loopback is not ours), the path and the method (a short list), a body (there is none to read), and
where the request comes from. Whoever it comes from must hold a session besides, see door.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

SOCKET = "/ws"
"""The path of the page's WebSocket."""
METHODS = ("GET", "HEAD")
_HTTP_1_1 = (1, 1)
_OWN_SITES = ("", "none", "same-origin")
"""What Sec-Fetch-Site says of an address that was typed and of our own page; not `same-site`, another port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What of a request decides; header values as they were sent, one for each time the header was there."""

    version: tuple[int, int]
    method: str
    target: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    """Of Sec-Fetch-Site."""
    upgrades: bool = False
    """Whether it asks for a WebSocket."""
    has_body: bool = False

    @property
    def path(self) -> str:
        """The target without its query, not decoded: what is written another way is another path."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A status and what to do, in words that hold nothing of the request."""

    status: int
    words: str


BAD_REQUEST = Refusal(status=400, words="This is no request that a browser sends. Open the address in a browser.")
STRANGER = Refusal(
    status=403, words="The token is missing, wrong or used up. Open the address that agentctl printed last."
)
FOREIGN = Refusal(
    status=403, words="This request comes from another page. Paste the address into the address bar instead."
)
WRONG_HOST = Refusal(
    status=421, words="This server has another name. Open the address that agentctl printed, with its port."
)
NOTHING = Refusal(status=404, words="There is nothing at this address. The dashboard is at /.")
METHOD = Refusal(status=405, words="This server only shows. Use GET.")
BODY = Refusal(status=413, words="This server takes no body. Send the request without one.")
NO_SOCKET = Refusal(status=426, words="This address is for the dashboard's page. Open / in a browser.")
VERSION = Refusal(status=505, words="This server speaks HTTP/1.1. Use a current browser.")
FULL = Refusal(status=503, words="As many dashboards as there may be are open. Close a tab, then reload this page.")
BROKEN = Refusal(status=500, words="agentctl could not answer this. Reload the page; the terminal says more.")


def names(port: int) -> tuple[str, str]:
    """The names of the server, as a Host header has them."""
    return (f"127.0.0.1:{port}", f"localhost:{port}")


def refusal(head: Head, *, port: int, paths: Collection[str]) -> Refusal | None:
    """Why this request is not heard, whoever sends it; None where it is. ``paths`` are those of the server."""
    checks = (
        (head.version == _HTTP_1_1, VERSION),
        (head.target.startswith("/"), BAD_REQUEST),
        (len(head.hosts) == 1 and head.hosts[0] in names(port), WRONG_HOST),
        (head.path in paths, NOTHING),
        (head.method in METHODS, METHOD),
        (not head.has_body, BODY),
        (_is_from_here(head), FOREIGN),
        (head.upgrades == (head.path == SOCKET), NO_SOCKET),
    )
    return next((refused for holds, refused in checks if not holds), None)


def _is_from_here(head: Head) -> bool:
    """Whether it was typed or is of our own page, by both headers with which a browser says so.

    A browser names the origin of every WebSocket, so one without comes from none.
    """
    if any(site not in _OWN_SITES for site in head.sites):
        return False
    if not head.origins:
        return not head.upgrades and head.path != SOCKET
    return head.origins == tuple(f"http://{host}" for host in head.hosts)
