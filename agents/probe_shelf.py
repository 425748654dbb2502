"""What came of probing, kept in a folder between runs. The only module that touches its files."""

import os
import re
import tempfile
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 2_000_000


class FolderShelf:
    """One file for each key, which appears whole or not at all; a folder that cannot be written keeps nothing.

    Args:
        folder: made when the first text is put there. Removing it, or any file in it, costs one probing and no more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        """The text of that key; None where there is none, or it is no text."""
        try:
            with self._path(key).open("rb") as file:
                return file.read(_MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError):
            return None

    def put(self, key: str, text: str) -> None:
        """Keep a text, in the place of what was there."""
        path = self._path(key)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        except OSError:
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a shelf: 64 hex digits are")
        return self._folder / f"{key}.json"
