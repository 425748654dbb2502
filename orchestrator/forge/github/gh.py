"""The token of the `gh` command, by asking it. Starts that one command, and nothing else."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress

_SECONDS = 10.0
_TOKEN = re.compile(r"[\x21-\x7e]{8,500}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?")
_ALLOWED = ("PATH", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GH_CONFIG_DIR", "DBUS_SESSION_BUS_ADDRESS", "USER")
"""What `gh` finds its settings and the keyring by."""


async def gh_token(host: str, environ: Mapping[str, str]) -> str:
    """The token with which `gh` is logged in at a host; empty where it is not there, or not logged in."""
    if not _HOST.fullmatch(host):
        return ""
    env = {name: environ[name] for name in _ALLOWED if name in environ} | {"GH_PROMPT_DISABLED": "1"}
    try:
        process = await asyncio.create_subprocess_exec(
            *("gh", "auth", "token", "--hostname", host),
            env=env,
            cwd="/",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return ""
    token = output.decode("utf-8", "replace").strip()
    return token if process.returncode == 0 and _TOKEN.fullmatch(token) else ""
