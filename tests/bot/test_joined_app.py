"""The App that docs/github-app.md registers may do what the adapter asks for, and tells what it understands."""

import json
from pathlib import Path

from agentctl.orchestrator.forge.github.keys import PERMISSIONS
from agentctl.orchestrator.forge.github.webhooks import EVENTS

MANIFEST = json.loads((Path(__file__).parents[2] / "docs/github-app-manifest.json").read_text())


def test_it_may_do_what_tokens_are_minted_with_and_hears_of_merge_queues() -> None:
    assert MANIFEST["default_permissions"] == {**PERMISSIONS, "merge_queues": "read"}


def test_it_is_told_what_the_bot_understands() -> None:
    assert set(MANIFEST["default_events"]) == set(EVENTS)
