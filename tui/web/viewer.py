"""One viewer: a process of the dashboard, and what its page says to it. The only module that starts such processes.

The process and its protocol are textual-serve's. What is changed: it is started as a list of arguments and not by a
shell, files and addresses that it would have the browser open go nowhere, what it says on stderr is kept and cleaned,
and it is ended for certain.
"""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from ..clean import clean, clean_lines

GRACE = 3.0
"""Seconds in which a process may leave by itself."""
CELLS = 1000
"""Columns or rows that a page may ask for."""
_KEPT = 4096
"""Bytes of what a process said on stderr, the last ones."""
_LONGEST = 4 << 20
"""Bytes of one packet of the process."""
_READY = b"__GANGLION__\n"


class Viewer(AppService):
    """The dashboard of one page.

    Args:
        argv: the command, as a list.
        socket: the page's connection, open already.
        say: takes a line on what went wrong.
    """

    def __init__(self, argv: Sequence[str], socket: web.WebSocketResponse, *, say: Callable[[str], None]) -> None:
        super().__init__(
            argv[0],
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=lambda: _close(socket),
            download_manager=DownloadManager(),
        )
        self._argv = argv
        self._say = say

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width=width, height=height),
            start_new_session=True,  # Ctrl-C is the server's, which ends its viewers itself
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Bring what the process draws to the page until it ends; what it said last where that was no good end."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            return
        said = asyncio.create_task(_end_of(process.stderr))
        with suppress(asyncio.IncompleteReadError):
            await self._relay(process.stdout)
            process.kill()
        text = (await said).decode("utf-8", "replace").strip()
        if await process.wait() > 0 and text:
            self._say(f"a dashboard has ended: {clean(text.splitlines()[-1], width=200)}")
            await self.on_data(clean_lines(text).replace("\n", "\r\n").encode())
        await self.remote_close()

    async def _relay(self, stdout: asyncio.StreamReader) -> None:
        """Until its end, which raises IncompleteReadError; it returns where this is no output of a dashboard."""
        while await stdout.readline() not in (_READY, b""):
            pass
        while True:
            kind = await stdout.readexactly(1)
            size = int.from_bytes(await stdout.readexactly(4), "big")
            if size > _LONGEST:
                return
            payload = await stdout.readexactly(size)
            if kind == b"D":
                await self.on_data(payload)
            elif kind == b"M":
                await self.on_meta(payload)

    async def on_data(self, payload: bytes) -> None:
        """What it draws; a page that is gone sees no more of it."""
        with suppress(ConnectionResetError):
            await super().on_data(payload)

    async def on_meta(self, data: bytes) -> None:
        """Only that the dashboard was left; no file is delivered, and no address opened."""
        if json.loads(data)["type"] == "exit":
            await self.remote_close()

    async def hear(self, text: str) -> bool:
        """Hand on what the page says; False where it is nothing that our page would say."""
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return False
        match said:
            case ["stdin", str(typed)]:
                await self.send_bytes(typed.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(cells(width), cells(height))
            case ["ping", str(mark)]:
                await self.remote_write_str(json.dumps(["pong", mark]))
            case ["focus"]:
                await self.focus()
            case ["blur"]:
                await self.blur()
            case _:
                return False
        return True

    async def stop(self) -> None:
        """End the process: it is asked, then killed. The commands that its keys have started go on to their end."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        try:
            async with asyncio.timeout(GRACE):
                if process.returncode is None:
                    await self.send_meta({"type": "quit"})
                await asyncio.shield(task)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            task.cancel()
        self._task = None
        self.stdin.close()


def size(query: Mapping[str, str]) -> tuple[int, int]:
    """Columns and rows that the page begins with; 80 by 24 where it says nothing of use."""
    width, height = query.get("width", ""), query.get("height", "")
    if not (_is_number(width) and _is_number(height)):
        return (80, 24)
    return (cells(int(width)), cells(int(height)))


def cells(number: int) -> int:
    """A number of columns or rows that can be drawn."""
    return min(max(int(number), 1), CELLS)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(CELLS))


async def _end_of(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while data := await stream.read(_KEPT):
        kept = (kept + data)[-_KEPT:]
    return kept


async def _close(socket: web.WebSocketResponse) -> None:
    await socket.close()
