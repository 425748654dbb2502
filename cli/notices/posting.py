"""One POST: bounded in time and size, without redirects, and without the proxies of the environment."""

import re
from collections.abc import Collection, Mapping
from queue import Empty, Queue
from threading import Thread

from ...tui.clean import clean
from .channel import NotDelivered

SECONDS = 10.0
"""For all of it, from connecting to the answer."""
_LONGEST_WORDS = 200
_SECRET = 6
"""Characters from which on a part of an address is taken for a secret."""
_AGAIN = frozenset({408, 425, 429})
_OK = range(200, 300)


def post(address: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> str:
    """Send it; returns the answer's status and the beginning of its words.

    Raises:
        NotDelivered: nothing answered in time, or the answer was no 2xx.
    """
    came: Queue[str | NotDelivered] = Queue()

    def send() -> None:
        try:
            came.put(_sent(address, body, headers, seconds=seconds))
        except NotDelivered as error:
            came.put(error)

    # A server that sends a byte a second keeps every limit of a single read; only the whole has an end.
    Thread(target=send, daemon=True, name="post").start()
    try:
        answer = came.get(timeout=seconds)
    except Empty:
        raise NotDelivered(f"no answer within {seconds:g} s", again=True) from None
    if isinstance(answer, NotDelivered):
        raise answer
    return answer


def _sent(address: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> str:
    import httpx

    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=seconds) as client,
            client.stream("POST", address, content=body, headers=dict(headers)) as response,
        ):
            status = response.status_code
            words = "" if status in _OK else _without(_secrets(address, headers), _beginning(response))
    except httpx.TimeoutException as error:
        raise NotDelivered(f"no answer within {seconds:g} s", again=True) from error
    except httpx.HTTPError as error:
        raise NotDelivered(f"it cannot be reached ({type(error).__name__})", again=True) from error
    except (ValueError, httpx.InvalidURL) as error:
        raise NotDelivered("its address cannot be used", again=False) from error
    if status in _OK:
        return str(status)
    if response.is_redirect:
        raise NotDelivered(f"{status}: it sends elsewhere, which is not followed: name the last address", again=False)
    said = f"{status} {words}".strip()
    raise NotDelivered(said, again=status >= 500 or status in _AGAIN)  # noqa: PLR2004 - as HTTP has it


def _secrets(address: str, headers: Mapping[str, str]) -> frozenset[str]:
    """What of an address and of a signature nobody is to read; many a server repeats them in its errors."""
    parts = re.split(r"[/?&=#]", address.partition("://")[2].partition("/")[2])
    return frozenset({*(part for part in parts if len(part) >= _SECRET), headers.get("webhook-signature", "")} - {""})


def _without(secrets: Collection[str], words: str) -> str:
    """The words, unless they repeat a secret."""
    return "" if any(secret in words for secret in secrets) else words


def _beginning(response: "httpx.Response") -> str:
    """What the other side says of an error; one piece of it, whatever its length."""
    piece = next(response.iter_raw(_LONGEST_WORDS), b"")
    return clean(piece[:_LONGEST_WORDS].decode("utf-8", "replace"), width=_LONGEST_WORDS)


TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx
