"""How many lines a change adds and takes away, file by file. Reads; changes nothing."""

from .names import object_id
from .repository import Repository


async def lines_changed(repository: Repository, old_tree: str, new_tree: str) -> dict[str, tuple[int, int]]:
    """For each path the lines added and removed; none of either for what is no text."""
    options = ("-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", "--end-of-options")
    answer = await repository.door.call("diff-tree", *options, object_id(old_tree), object_id(new_tree))
    found: dict[str, tuple[int, int]] = {}
    for record in answer.output.decode("utf-8", "replace").split("\0"):
        added, _, rest = record.partition("\t")
        removed, _, path = rest.partition("\t")
        if path:
            found[path] = (int(added) if added.isdigit() else 0, int(removed) if removed.isdigit() else 0)
    return found
