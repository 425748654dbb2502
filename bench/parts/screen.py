"""``screen.py RUN_DB CALLS_DB OUT SECONDS BEGAN``: begins as `agentctl tui` does, with the watched dashboard."""

import gc
import sys


def main(*arguments: str) -> None:
    """Load and show it; garbage is looked for from its first frame on."""
    gc.disable()
    from .watched import show  # noqa: PLC0415 - loaded once nothing looks for garbage, as the command does

    show(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
