import importlib.util
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from agentctl.orchestrator.evidence import pytest_req
from agentctl.specs.parse import parse

PLUGIN = Path(pytest_req.__file__)
SPEC = """\
# shop: sell things

- **R1** It MUST sell.
* **E2** Corner.

### **I3** It stays.

Not **R9** here.

```text
- **R7** is an example
```
"""
TEST = "import pytest\n@pytest.mark.req({ids})\ndef test_a(): pass\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project into which the plug-in was copied as one file."""
    (tmp_path / "req.py").write_bytes(PLUGIN.read_bytes())
    (tmp_path / "shop.md").write_text(SPEC)
    return tmp_path


def run(project: Path, ids: str, settings: str, name: str = "pytest.ini") -> subprocess.CompletedProcess[str]:
    (project / name).write_text(settings)
    (project / "test_a.py").write_text(TEST.format(ids=ids))
    argv = [sys.executable, "-m", "pytest", "-p", "req", "-p", "no:cacheprovider", "-q", "--strict-markers"]
    argv += ["--junitxml=junit.xml", "-W", "error"]
    env = {"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(argv, cwd=project, env=env, capture_output=True, text=True, check=False)


NAMED = "[pytest]\nreq_specs = shop.md\n"


def test_ids_become_properties_of_the_report(project: Path) -> None:
    done = run(project, "'R1', 'shop:I3'", NAMED)
    assert done.returncode == 0, done.stdout
    found = ET.parse(project / "junit.xml").iter("property")
    assert [(each.get("name"), each.get("value")) for each in found] == [("req", "R1"), ("req", "shop:I3")]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ("'R7'", "no spec has a requirement R7"),
        ("'R11'", "did you mean R1?"),
        ("'other:R1'", "there is no spec 'other'; there is shop"),
        ("", "names no requirement"),
    ],
)
def test_an_id_that_no_spec_has_ends_the_session(project: Path, ids: str, said: str) -> None:
    done = run(project, ids, NAMED)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in done.stderr
    assert "test_a.py::test_a" in done.stderr


def test_without_a_spec_every_id_will_do(project: Path) -> None:
    assert run(project, "'R7'", "[pytest]\n").returncode == 0


def test_specs_may_be_named_in_pyproject(project: Path) -> None:
    assert run(project, "'R1'", '[tool.agentctl]\nspecs = ["shop.md"]\n', "pyproject.toml").returncode == 0
    assert run(project, "'R7'", '[tool.agentctl]\nspecs = ["shop.md"]\n', "pyproject.toml").returncode == 4


def test_a_spec_that_is_not_there_is_an_error(project: Path) -> None:
    done = run(project, "'R1'", "[pytest]\nreq_specs = gone.md\n")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "gone.md cannot be read" in done.stderr


SPECS = [
    SPEC,
    (Path(importlib.util.find_spec("agentctl.specs").origin).parent / "examples/quickstart.md").read_text(),
    "---\nid: other\n---\n# Title: x\n\n1. **R1** One.\n   - **E1** Under it.\n- [ ] **R2** Two.\n",
    "# a b\n\n**R1** A paragraph.\n\n~~~\n**R2** code\n~~~\n\n````md\n```\n**R3**\n```\n````\n- **R4** y\n",
]


@pytest.mark.parametrize("text", SPECS)
def test_it_reads_the_same_ids_and_names_as_the_parser(text: str) -> None:
    spec = parse(text, name="file.md")
    assert pytest_req.ids_of(text) == {item.id for item in spec.items.values() if not item.temporary}
    assert pytest_req.name_of(text, Path("file.md")) == spec.id
