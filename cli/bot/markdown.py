"""Parts of the bot's comments that are markdown of ours, around texts that are harmless already."""

from collections.abc import Sequence


def folded(title: str, body: str) -> str:
    """A part that is opened by hand; ``title`` is ours."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def rows(head: tuple[str, ...], cells: Sequence[tuple[str, ...]]) -> str:
    """A table; the cells are markdown already."""
    lines = [head, tuple("---" for _ in head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
