"""GitHub's own description of its API, and Prism, which judges by it what was asked."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from .hub import Asked

MODULES = Path(os.environ.get("AGENTCTL_TEST_GITHUB_MODULES", "/nonexistent"))
DESCRIPTION = MODULES / "@octokit/openapi/generated/api.github.com.json"
PRISM = MODULES / "@stoplight/prism-cli/dist/index.js"
SCHEMA = MODULES / "@octokit/graphql-schema/schema.graphql"
NODE = shutil.which("node") or ""
SECONDS = 180
REFUSALS = ("UNPROCESSABLE_ENTITY", "NO_", "INVALID_CONTENT_TYPE", "UNAUTHORIZED")


@contextmanager
def prism_at_work(log: Path) -> Iterator[str]:
    """Its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [NODE, str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(DESCRIPTION)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            asyncio.run(answering(address, process))
            yield address
        finally:
            process.kill()
            process.wait()


async def answering(address: str, process: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while process.poll() is None:
            try:
                await client.get(f"{address}/zen")
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            else:
                return
    raise AssertionError("Prism has ended: see its log")


@dataclass
class Judge:
    """Shows each request to Prism; remembers which operation it was, and what Prism has against it."""

    prism: httpx.AsyncClient
    templates: Mapping[str, re.Pattern[str]]
    operations: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)

    async def __call__(self, asked: Asked) -> None:
        if asked.path == "/graphql":
            self.documents.add(asked.body["query"])
            return
        found = [template for template, pattern in self.templates.items() if pattern.fullmatch(asked.path)]
        fewest = min(found, key=lambda template: template.count("{"), default="no path of GitHub's")
        self.operations.add(f"{asked.method} {fewest}")
        answer = await self.shown(asked)
        kind = str(answer.get("type") or "").rpartition("#")[2]
        if kind.startswith(REFUSALS):
            self.refused.append(f"{asked.line}: {kind} {answer.get('detail')} {answer.get('validation')}")

    async def shown(self, asked: Asked) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Authorization": asked.headers["Authorization"]}
        address = f"{asked.path}?{urlencode(asked.query)}" if asked.query else asked.path
        answer = await self.prism.request(asked.method, address, json=asked.body, headers=headers)
        try:
            found = answer.json()
        except ValueError:
            return {}
        return found if isinstance(found, Mapping) else {}


def templates(description: Any) -> Mapping[str, re.Pattern[str]]:
    paths = description["paths"]
    return {each: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(each))) for each in paths}


def example(description: Any, template: str) -> Any:
    """The first example of a success that the description has for a read."""
    (content,) = description["paths"][template]["get"]["responses"]["200"]["content"].values()
    value = next(iter(content["examples"].values()))
    while isinstance(value, Mapping) and value.keys() & {"$ref", "value"}:  # one of them is wrapped twice
        name = str(value.get("$ref", "")).rpartition("/")[2]
        value = description["components"]["examples"][name] if name else value["value"]
    return value
