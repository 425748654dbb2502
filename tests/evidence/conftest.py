"""Specs that are proven in the real gate."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from agentctl.orchestrator.evidence.prove import Ground, Proof, prove_all
from agentctl.orchestrator.evidence.subjects import subjects
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.repository import Repository
from agentctl.specs.parse import parse

Files = Mapping[str, str]
Prove = Callable[..., Awaitable[dict[str, Proof]]]


@pytest.fixture
def prove(gate: PytestGate, git: Repository, tree: Callable[[Files], Awaitable[str]]) -> Prove:
    """The proofs of a spec's checks on some files, against those of the base if there is one; by check."""

    async def run(spec: str, files: Files, base: Files | None = None, **more: object) -> dict[str, Proof]:
        ground = Ground(candidate=await tree(files), base=await tree(base) if base is not None else None, **more)
        proofs = await prove_all(subjects(parse(spec, name="shop.md")), ground=ground, bench=gate, git=git)
        return {proof.check: proof for proof in proofs}

    return run
