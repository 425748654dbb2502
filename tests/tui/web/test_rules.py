"""What decides who is heard by the dashboard's server, without a server."""

from typing import Any

import pytest
from agentctl.tui.web import guard
from agentctl.tui.web.door import Door
from agentctl.tui.web.guard import Head, Refusal, refusal
from agentctl.tui.web.page import policy
from agentctl.tui.web.seats import PLACES, Seat, Seats
from agentctl.tui.web.told import MOST, Told
from agentctl.tui.web.viewer import size

PATHS = ("/", guard.SOCKET, "/web.css")
OWN = "http://127.0.0.1:80"


def head(**changed: Any) -> Head:
    asked: dict[str, Any] = {"version": (1, 1), "method": "GET", "target": "/", "hosts": ("127.0.0.1:80",)}
    return Head(**{**asked, **changed})


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, None),
        ({"target": "/?token=x"}, None),
        ({"method": "HEAD", "target": "/web.css"}, None),
        ({"hosts": ("localhost:80",), "origins": ("http://localhost:80",)}, None),
        ({"sites": ("none",)}, None),
        ({"sites": ("same-origin",), "origins": (OWN,)}, None),
        ({"target": "/ws?width=80", "origins": (OWN,), "upgrades": True}, None),
        ({"version": (1, 0)}, guard.VERSION),
        ({"target": "http://127.0.0.1:80/"}, guard.BAD_REQUEST),
        ({"target": "*", "method": "OPTIONS"}, guard.BAD_REQUEST),
        ({"hosts": ()}, guard.WRONG_HOST),
        ({"hosts": ("127.0.0.1:80", "127.0.0.1:80")}, guard.WRONG_HOST),
        ({"hosts": ("127.0.0.1",)}, guard.WRONG_HOST),
        ({"hosts": ("rebound.example:80",)}, guard.WRONG_HOST),
        ({"target": "/download/x"}, guard.NOTHING),
        ({"target": "/%77s"}, guard.NOTHING),
        ({"target": "//"}, guard.NOTHING),
        ({"method": "POST"}, guard.METHOD),
        ({"has_body": True}, guard.BODY),
        ({"origins": ("http://localhost:80",)}, guard.FOREIGN),
        ({"origins": ("null",)}, guard.FOREIGN),
        ({"origins": (OWN, OWN)}, guard.FOREIGN),
        ({"sites": ("cross-site",)}, guard.FOREIGN),
        ({"sites": ("same-site",)}, guard.FOREIGN),
        ({"sites": ("none", "cross-site")}, guard.FOREIGN),
        ({"target": "/ws", "upgrades": True}, guard.FOREIGN),
        ({"target": "/ws", "upgrades": True, "origins": ("http://127.0.0.1:81",)}, guard.FOREIGN),
        ({"target": "/ws", "origins": (OWN,)}, guard.NO_SOCKET),
        ({"upgrades": True, "origins": (OWN,)}, guard.NO_SOCKET),
    ],
)
def test_a_request_is_heard_or_refused_by_its_head(changed: dict[str, Any], refused: Refusal | None) -> None:
    assert refusal(head(**changed), port=80, paths=PATHS) == refused


def test_a_token_is_good_once_and_the_next_one_is_another() -> None:
    door = Door()
    token = door.token
    assert [door.admit(""), door.admit(token[:-1]), door.admit(f"{token}x"), door.admit("\udce9")] == [None] * 4
    session = door.admit(token)
    assert session is not None
    assert session not in (token, door.token)
    assert door.admit(token) is None
    second = door.admit(door.token)
    assert second is not None
    assert [door.knows(each) for each in (session, second, token, "", "é")] == [True, True, False, False, False]


def test_the_oldest_session_goes_first() -> None:
    door = Door()
    sessions = [str(door.admit(door.token)) for _ in range(40)]
    assert [door.knows(each) for each in sessions] == [False] * 8 + [True] * 32


def test_one_at_a_time_may_write_and_the_next_who_comes_after_it_has_left() -> None:
    seats = Seats(write=True, places=3)
    first, second = seats.take(), seats.take()
    assert (first, second) == (Seat(number=0, writes=True), Seat(number=1, writes=False))
    assert first is not None
    seats.leave(first)
    assert [seats.take(), seats.take(), seats.take()] == [
        Seat(number=0, writes=True),
        Seat(number=2, writes=False),
        None,
    ]
    assert seats.full


def test_without_write_nobody_may() -> None:
    seats = Seats(write=False)
    taken = [seats.take() for _ in range(PLACES)]
    assert taken == [Seat(number=number, writes=False) for number in range(PLACES)]


def test_refusals_are_told_cleanly_and_not_without_end() -> None:
    said: list[str] = []
    now = [0.0]
    told = Told(say=said.append, monotonic=lambda: now[0])
    for number in range(MOST + 5):
        told.tell(f"refused \x1b[31m{number}\r\n")
    assert said == [f"refused ␛[31m{number}" for number in range(MOST)]
    now[0] = 61.0
    told.tell("x" * 500)
    assert said[MOST:] == ["5 more were refused", "x" * 159 + "…"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"width": "120", "height": "40"}, (120, 40)),
        ({"width": "0", "height": "9999"}, (1, 1000)),
        ({"width": "120"}, (80, 24)),
        ({"width": "-1", "height": "40"}, (80, 24)),
        ({"width": "9" * 5000, "height": "40"}, (80, 24)),
        ({"width": "٣", "height": "40"}, (80, 24)),
    ],
)
def test_a_page_has_the_size_it_asks_for_within_reason(asked: dict[str, str], given: tuple[int, int]) -> None:
    assert size(asked) == given


def test_the_policy_names_no_other_host_and_no_inline_script() -> None:
    assert policy("127.0.0.1:80", nonce="n").split("; ") == [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-n'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src ws://127.0.0.1:80",
    ]
