"""What holds for the repository as a whole: cheap start-up, no addresses, everything in its place."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("agents", "cli", "guides", "orchestrator", "specs", "tui")
HEAVY = ("git", "langgraph", "litellm", "markdown_it", "pydantic", "rich", "textual", "tree_sitter", "yaml")
ADDRESS = re.compile(
    r"(?:files\.)?(?:pypi\.org|pythonhosted\.org)|^--?(?:extra-)?(?:index-url|find-links)", re.MULTILINE
)


def committed() -> list[Path]:
    """The files of the repository, and those that are about to be in it."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["run", "--help"], ["status", "--help"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys; from agentctl.cli.main import main; main(sys.argv[1:]); "
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "agentctl" in done.stdout


def test_no_committed_file_names_a_package_index() -> None:
    allowed = {Path(__file__)}
    named = {
        str(path.relative_to(ROOT)): found[0]
        for path in committed()
        if path not in allowed and (found := ADDRESS.search(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert named == {}


def test_every_module_says_what_it_is() -> None:
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    silent = [
        str(path.relative_to(ROOT))
        for path in modules
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(modules) > len(ROOMS)
    assert silent == []


def test_every_requirement_is_locked_by_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split("\n")
    pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9][\w.\[\]-]*==", line)]
    assert pinned
    assert [lines[number] for number in pinned if "--hash=sha256:" not in lines[number + 1]] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_links_to_a_heading_find_it() -> None:
    pages = {page.resolve(): page for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))}
    headings = {path: anchors_of(path.read_text(encoding="utf-8")) for path in pages}
    broken = [
        f"{page.relative_to(ROOT)}: {target}#{anchor}"
        for path, page in pages.items()
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", path.read_text(encoding="utf-8"))
        if anchor not in headings.get((page.parent / target).resolve() if target else path, {anchor})
    ]
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    seen, next_ = set(), [ROOT / "README.md"]
    while next_:
        page = next_.pop()
        if page in seen:
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#:\s]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        next_ += [(page.parent / each).resolve() for each in links if (page.parent / each).exists()]
    assert [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page not in seen] == []


def anchors_of(page: str) -> set[str]:
    """The addresses of a page's headings as GitHub makes them; what stands in a fence is no heading."""
    prose = re.sub(r"^(`{3,}).*?^\1`*$", "", page, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ +(.+?) *$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_is_short_and_names_both_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") < 150
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.skipif("AGENTCTL_TEST_WHEEL" not in os.environ, reason="building the wheel is part of `make check`")
def test_the_wheel_holds_every_prompt_guide_and_example_and_works_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    wanted = {
        f"agentctl/{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - names == set()
    assert {name.split("/")[1] for name in names if name.startswith("agentctl/")} >= set(ROOMS)
    assert not [name for name in names if not name.startswith("agentctl/") and ".dist-info/" not in name]
    code = "import agentctl; from agentctl.cli.main import main; print(agentctl.__file__); exit(main(['--help']))"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
