"""The sandboxes of this machine, for tests that are the same for each kind."""

import pytest
from agentctl.orchestrator.errors import SandboxUnavailable
from agentctl.orchestrator.sandbox.port import Sandbox
from agentctl.orchestrator.sandbox.probe import probe

_missing: dict[str, str] = {}


async def sandbox_or_skip(kind: str) -> Sandbox:
    """The sandbox of this kind; skips the test where it does not work, which is tried once."""
    if kind not in _missing:
        try:
            return await probe(kind)
        except SandboxUnavailable as error:
            _missing[kind] = f"{kind} does not work here: {str(error)[:200]}"
    pytest.skip(_missing[kind])
