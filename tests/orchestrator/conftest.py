"""Runs for tests of what is delivered: real git, a real store, and a gate that says what the test says."""

from collections.abc import Mapping
from functools import partial

import pytest
from agentctl.orchestrator.git.lines import lines_changed
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.work_trees import checked_out
from agentctl.orchestrator.nouns.runs import CommitRules
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.store.sqlite import SqliteStore

from .deliveries import History, Make, begun, plan


@pytest.fixture
def make(git: Repository, store: SqliteStore) -> Make:
    async def made(*rows: str, files: Mapping[str, str] | None = None) -> History:
        root = git.location.root
        repository = open_repository(root, rules=CommitRules(author="Bot <bot@example.org>", sign_off=True))
        blobs = {
            name: TreeEntry(mode="100644", id=await git.write(text.encode())) for name, text in (files or {}).items()
        }
        base = await git.commit(tree=await git.amend_tree(None, blobs), parents=[], message="base", at=1.0)
        return await begun(
            repository,
            store,
            plan(*rows),
            base=base,
            lines=partial(lines_changed, repository),
            checked_out=partial(checked_out, repository),
            repo=str(root),
        )

    return made
