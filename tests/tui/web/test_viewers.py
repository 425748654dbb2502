"""Viewers: their processes, who of them may write, what a page may say, and what is left when they go."""

import asyncio
import os
import re
import select
from pathlib import Path

import pytest
from agentctl.tui.web import guard
from agentctl.tui.web.page import HEADERS
from agentctl.tui.web.seats import PLACES
from aiohttp import web

from .conftest import PATIENCE, Answer, Page, Served, Start


async def begun(page: Page) -> tuple[str, str, int]:
    """Whether it writes, its size, and its process."""
    found = re.search(r"(\w+) (\d+x\d+) (\d+)", await page.until("x"))
    assert found is not None
    return found[1], found[2], int(found[3])


async def ended(process: int) -> bool:
    """Once it has ended."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = await asyncio.to_thread(select.select, [descriptor], [], [], PATIENCE)
    finally:
        os.close(descriptor)
    return bool(ready)


async def test_a_page_sees_what_its_process_draws_and_is_heard_by_it(start: Start) -> None:
    served = await start()
    page = await served.page()
    assert (await begun(page))[:2] == ("looks", "90x30")
    page.say("stdin", "hé")
    assert await page.until("hé") == "> hé"
    page.say("resize", {"width": 9_999, "height": 12})
    assert await page.hear() == '> {"type": "resize", "width": 1000, "height": 12}'
    page.say("ping", "7")
    assert await page.hear() == '["pong", "7"]'
    page.say("focus")
    page.say("blur")
    assert [await page.hear(), await page.hear()] == ['> {"type": "focus"}', '> {"type": "blur"}']
    page.say("stdin", "\ud800")
    assert await page.hear() == "> ?"


async def test_no_file_and_no_address_reaches_the_page(start: Start) -> None:
    served = await start()
    page = await served.page()
    await begun(page)
    page.say("stdin", "file")
    assert await page.hear() == "> file"


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b"[" * 60_000,
        b"{}",
        b"[]",
        b'["quit"]',
        b'["stdin", 1]',
        b'["resize", {"width": "80", "height": 24}]',
        b'["resize", {"width": 80}]',
        b'["deliver_chunk_request", {"key": "k", "size": 1}]',
        b'["ping", {}]',
        b"9" * 5_000,
        b"x" * 70_000,
    ],
)
async def test_what_no_page_of_ours_says_ends_the_viewer(payload: bytes, start: Start) -> None:
    served = await start()
    page = await served.page()
    process = (await begun(page))[2]
    page.send(payload)
    assert await page.hear() is None
    assert await ended(process)


async def test_a_page_that_sends_bytes_or_no_utf_8_is_left(start: Start) -> None:
    served = await start()
    for payload, opcode in ((b'["stdin", "x"]', 2), (b"\xff\xfe", 1)):
        page = await served.page()
        process = (await begun(page))[2]
        page.send(payload, opcode=opcode)
        assert await page.hear() is None
        assert await ended(process)


async def test_a_process_ends_with_its_page_and_a_page_with_its_process(start: Start) -> None:
    served = await start()
    page = await served.page()
    process = (await begun(page))[2]
    page.leave()
    assert await ended(process)
    page = await served.page()
    process = (await begun(page))[2]
    page.say("stdin", "q")
    assert await page.hear() is None
    assert await ended(process)
    assert served.said == []


async def test_a_process_that_does_not_end_is_killed(start: Start) -> None:
    served = await start(kind="stubborn")
    page = await served.page()
    process = (await begun(page))[2]
    page.leave()
    assert await ended(process)


async def test_a_process_that_falls_is_told_cleanly_here_and_there(start: Start) -> None:
    served = await start()
    page = await served.page()
    await begun(page)
    page.say("stdin", "fall")
    assert await page.hear() == "Error: ␛[31mit fell␛[0m"
    assert await page.hear() is None
    assert served.said == ["a dashboard has ended: Error: ␛[31mit fell␛[0m"]


async def test_no_more_than_so_many_look_and_only_the_first_writes(start: Start) -> None:
    served = await start(write=True)
    pages = [await served.page() for _ in range(PLACES)]
    seen = [await begun(page) for page in pages]
    assert [each[0] for each in seen] == ["writes", *["looks"] * (PLACES - 1)]
    for answer in (await served.open(), await served.ask()):
        assert isinstance(answer, Answer)
        assert (answer.status, answer.body.decode()) == (503, f"{guard.FULL.words}\n")
    pages[1].leave()
    assert await ended(seen[1][2])
    assert (await begun(await served.page()))[0] == "looks"
    pages[0].leave()
    # As a page does that is reloaded: the seat of the one before is free when the next one has it.
    assert (await begun(await served.page()))[0] == "writes"


async def test_what_a_viewer_inherits_holds_no_token(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    served = await start(entered=False)
    first = served.token
    await served.enter()
    process = (await begun(await served.page()))[2]
    told = Path(f"/proc/{process}/environ").read_bytes() + Path(f"/proc/{process}/cmdline").read_bytes()
    secrets = (first, served.token, served.cookie.partition("=")[2])
    assert [each.encode() in told for each in secrets] == [False] * 3
    assert b"\0NO_COLOR=1\0" in b"\0" + told
    assert os.getsid(process) == process


async def test_routes_of_somebody_else_answer_for_themselves_within_the_limits(start: Start) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=f"{len(await request.read())}")

    served: Served = await start(routes=[web.post("/answer", answer)], entered=False)
    head = "POST /answer HTTP/1.1\r\nHost: hooks.example\r\nOrigin: https://hooks.example\r\nContent-Length: "
    heard = await served.send(f"{head}4\r\n\r\nwell".encode())
    assert (heard.status, heard.body) == (200, b"4")
    assert {name: heard.headers.get(name.lower()) for name in HEADERS} == dict(HEADERS)
    assert (await served.send(f"{head}70000\r\n\r\n".encode() + b"x" * 70_000)).status == 413
    for line in ("GET /answer HTTP/1.1", "POST /answer/ HTTP/1.1", "POST /answer?x HTTP/1.1"):
        assert (await served.ask(line, "Content-Length: 0")).status == 404
