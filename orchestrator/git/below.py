"""Files of a folder that other processes change meanwhile."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below, in no order; none for a folder that is not there, or that somebody removes meanwhile.

    Python's own `Path.rglob` raises there, and git removes the folders of refs that it deletes or packs.
    """
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
