"""The environment that sessions run in."""

import compileall
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.sandbox import venv


def test_bytecode_that_a_full_disk_cut_off_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[Path] = []
    compile_one: Callable[..., bool] = compileall.compile_file

    def short(folder: Path, **_: object) -> bool:
        source = folder / "pytest" / "__init__.py"
        assert compile_one(source, quiet=2)
        assert compile_one(folder / "pluggy" / "__init__.py", quiet=2)
        (made,) = (source.parent / "__pycache__").iterdir()
        made.write_bytes(made.read_bytes()[:-40])
        cut.append(made)
        return True

    monkeypatch.setattr(compileall, "compile_dir", short)
    venv.begin(tmp_path / "env", "/env")
    assert not cut[0].exists()
    assert list(cut[0].parents[2].glob("pluggy/__pycache__/*.pyc"))
