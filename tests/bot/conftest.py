"""A world for what the bot does, in which drivers are scripts of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .acts import Driven, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    found = World(tmp_path, launch=lambda _: Driven())
    yield found
    found.end()
