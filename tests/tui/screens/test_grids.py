"""What stands on the terminal, cell by cell, at three sizes. AGENTCTL_GRIDS=write draws the pictures anew."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Seen

Make = Callable[..., Seen]
GRIDS = Path(__file__).parent / "grids"
SIZES = [(80, 24), (120, 36), (240, 67)]
SCREENS = {
    "dash": "d",
    "inbox": "i",
    "trace": "t",
    "queue": "m",
    "log": "L",
    "plan": "o",
    "spec": "c",
    "help": "question_mark",
}


@pytest.fixture(autouse=True)
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def _asked(it: Seen) -> None:
    it.ask(
        "schema",
        "Migrate the rows at the next start",
        "No, keep both columns",
        why="R2 names no owner of old rows",
        evidence="spec R2: each row has an owner",
        recommended=0,
    )
    it.ask("name", "Long", "Short", default="Short")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("mode", SCREENS)
async def test_a_screen_looks_as_it_did(mode: str, size: tuple[int, int], seen: Make) -> None:
    it = seen(tasks=8)
    _asked(it)
    async with it.app.run_test(size=size) as pilot:
        await pilot.press(SCREENS[mode])
        await pilot.pause(0.15)
        shown = "\n".join(it.screen()) + "\n"
    kept = GRIDS / f"{mode}-{size[0]}x{size[1]}.txt"
    if os.environ.get("AGENTCTL_GRIDS") == "write":
        GRIDS.mkdir(exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8")
