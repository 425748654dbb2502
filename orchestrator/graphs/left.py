"""The trees that the checkpoints of a run still name: what workers had written when it stopped. Reads only."""

from pathlib import Path

from .checkpoints import open_checkpoints


async def trees_left(path: Path) -> tuple[str, ...]:
    """Every tree in a run's checkpoints, in the order they are found."""
    found: dict[str, None] = {}
    async with open_checkpoints(path) as saver:
        async for each in saver.alist(None):
            tree = each.checkpoint["channel_values"].get("tree")
            if isinstance(tree, str) and tree:
                found[tree] = None
    return tuple(found)
