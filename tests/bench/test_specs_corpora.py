"""Which public documents there are, and how to get those that are not."""

import json
from pathlib import Path

import pytest
from agentctl.bench.specs import telling
from agentctl.bench.specs.corpora import ALL, EXERCISM, NL2REPO, TOML, Shelf, look
from agentctl.bench.specs.suite import Findings, _exercises, _groups, _words, made
from agentctl.orchestrator.errors import SandboxUnavailable


def write(folder: Path, path: str, text: str = "# a\n\nIt MUST end.\n") -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


def test_without_a_folder_each_corpus_is_missing_with_the_command_that_gets_it() -> None:
    shelf = look(None)
    for corpus in ALL:
        assert f"git clone --depth 1 https://github.com/{corpus.repository}" in shelf.why_not(corpus)
        assert "--corpora" in shelf.why_not(corpus)
        assert shelf.of(corpus) == ()
        assert shelf.root(corpus) is None


def test_a_corpus_with_too_few_files_is_missing_and_says_how_many_there_are(tmp_path: Path) -> None:
    write(tmp_path, "NL2RepoBench/test_files/a/start.md")
    shelf = look(str(tmp_path))
    assert shelf.why_not(NL2REPO).startswith("1 of at least 102 files of NL2RepoBench")
    assert shelf.why_not(TOML).startswith("nothing of toml")


def test_documents_come_with_their_place_in_the_corpus_and_in_order(tmp_path: Path) -> None:
    for number in range(NL2REPO.least):
        write(tmp_path, f"NL2RepoBench/test_files/{number:03}/start.md", f"# {number}\n")
    shelf = look(str(tmp_path))
    documents = shelf.of(NL2REPO)
    assert shelf.why_not(NL2REPO) == ""
    assert [documents[0].name, documents[0].text] == ["NL2RepoBench/test_files/000/start.md", "# 0\n"]
    assert len(documents) == NL2REPO.least
    assert shelf.root(NL2REPO) == tmp_path / "NL2RepoBench"
    assert shelf.root(EXERCISM) is None


def test_without_corpora_what_is_made_here_is_measured_and_the_rest_is_told_as_not_measured() -> None:
    found, shelf = Findings(), look(None)
    groups = dict(_groups(shelf, found, quick=True))
    _words(found, shelf)
    _exercises(found, shelf)
    assert list(groups) == ["made or shipped", "patchwork"]
    assert found.bars == []
    assert len(found.unmeasured) == 3 * 4 + 1 + 2
    assert all(bar.why for bar in found.unmeasured)


def test_a_corpus_that_is_there_is_read(tmp_path: Path) -> None:
    write(tmp_path, "toml/toml.md")
    found = Findings()
    groups = dict(_groups(look(str(tmp_path)), found, quick=False))
    assert [document.name for document in groups["toml"]] == ["toml/toml.md"]
    assert not any(bar.name.startswith("toml") for bar in found.unmeasured)


@pytest.mark.parametrize("quick", [True, False])
def test_shipped_specs_are_among_those_that_are_tried(*, quick: bool) -> None:
    assert "quickstart.md" in {document.name for document in made(quick=quick)}


def test_without_a_sandbox_checks_are_counted_and_solutions_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_confines() -> None:
        raise SandboxUnavailable("install bubblewrap")

    monkeypatch.setattr(telling, "probe", nothing_confines)
    case = {"description": "one", "property": "leap_year", "input": {"year": 1}, "expected": False}
    for slug in ("leap", "sieve"):
        content = json.dumps({"exercise": slug, "cases": [case] if slug == "leap" else []})
        write(tmp_path, f"problem-specifications/exercises/{slug}/canonical-data.json", content)
    write(tmp_path, "problem-specifications/exercises/old/canonical-data.json", "not read: the exercise is deprecated")
    write(tmp_path, "problem-specifications/exercises/old/.deprecated", "")
    found = Findings()
    _exercises(found, Shelf(folder=tmp_path, documents={EXERCISM.name: ()}))
    (compiled,) = found.bars
    (apart,) = found.unmeasured
    assert (compiled.value, compiled.holds) == (1, False)
    assert found.figures["exercises_without_checks"] == ["sieve"]
    assert (apart.limit, apart.why) == (10, "install bubblewrap")
