"""What of a file its users depend on."""

import pytest
from agentctl.orchestrator.rules.interfaces import interface_hash

CODE = b"""\
import os

LIMIT = 3


class Tally:
    size: int

    async def add(self, count: int = 1) -> None:
        self.size += count


def tally(words: list[str], *, most: int = LIMIT) -> Tally:
    return Tally()
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"    return Tally()", b"    made = Tally()\n    return made"),
        (b"        self.size += count", b"        self.size = self.size + count"),
        (b"LIMIT = 3", b"LIMIT = 3  # as in the spec"),
    ],
)
def test_a_body_or_a_comment_is_no_part_of_it(old: bytes, new: bytes) -> None:
    assert interface_hash("src/a.py", CODE.replace(old, new)) == interface_hash("src/a.py", CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"most: int", b"least: int"),
        (b"LIMIT = 3", b"LIMIT = 4"),
        (b"count: int = 1", b"count: int = 2"),
        (b"async def add", b"def add"),
        (b"size: int", b"size: float"),
        (b"-> Tally:", b"-> object:"),
    ],
)
def test_what_callers_see_is(old: bytes, new: bytes) -> None:
    assert interface_hash("src/a.py", CODE.replace(old, new)) != interface_hash("src/a.py", CODE)


@pytest.mark.parametrize(("path", "content"), [("a.txt", b"one"), ("broken.py", b"def (:\n"), ("nul.py", b"\0")])
def test_of_what_is_no_python_all_counts(path: str, content: bytes) -> None:
    assert interface_hash(path, content) != interface_hash(path, content + b" ")
