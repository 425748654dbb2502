"""Texts by their sha-256: whole, once, and as they were given."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import RunStateError
from agentctl.orchestrator.store.blobs import Blobs


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_equal_texts_are_one_file_named_by_its_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    text = "naïve\r\n\x00 text"
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert [blobs.put(text), blobs.put(text)] == [digest, digest]
    assert files(tmp_path) == [tmp_path / digest[:2] / digest[2:]]
    assert Blobs(tmp_path).text(digest) == text


def test_memory_and_disk_agree(tmp_path: Path) -> None:
    for text in ("", "x", "y" * 100_000):
        assert Blobs(None).put(text) == Blobs(tmp_path).put(text)


def test_missing_and_damaged_texts_are_told_apart(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put("text")
    files(tmp_path)[0].write_text("other")
    with pytest.raises(RunStateError, match="damaged"):
        blobs.text(digest)
    files(tmp_path)[0].unlink()
    with pytest.raises(RunStateError, match="missing"):
        blobs.text(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_only_digests_are_looked_up(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunStateError, match="not the sha-256"):
        Blobs(tmp_path).text(name)


FULL = """
import resource, sys
from pathlib import Path
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.store.blobs import Blobs
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Blobs(Path(sys.argv[1])).put("x" * 5000)
except DiskFull as full:
    print(full)
"""


def test_no_room_for_a_text_leaves_no_half_of_it(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], check=True, capture_output=True, text=True, timeout=60
    )
    assert "could not be written" in ended.stdout
    assert files(tmp_path) == []
