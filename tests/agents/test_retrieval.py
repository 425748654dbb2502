"""Which files a text is about."""

from typing import Any

import pytest
from agentctl.agents.retrieval import MAX_FILES, Ranker, candidates, query_of, score, words_of
from agentctl.orchestrator.ports import TreeEntry

Made = Any


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"parseLogLine", ("line", "log", "parse", "parselogline")),
        (b"parse_log_line HTTPServer", ("http", "httpserver", "line", "log", "parse", "parse_log_line", "server")),
        (b"a ab abc abc", ("abc",)),
        (b"", ()),
    ],
)
def test_identifiers_are_known_by_their_parts(text: bytes, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_a_rare_word_and_a_path_say_more() -> None:
    files = {"a.py": ("common", "rare"), "b.py": ("common",), "c.py": ("common",), "burst.py": ()}
    scores = score(files, {"common": 1.0, "rare": 1.0, "burst": 1.0})
    assert sorted(scores, key=lambda path: -scores[path]) == ["burst.py", "a.py", "b.py", "c.py"]
    assert scores["b.py"] == scores["c.py"]


async def test_the_best_file_comes_first_and_nothing_is_read_twice(git: Made) -> None:
    files = {f"src/m{number}.py": f"def f{number}(): ...\n" for number in range(600)}
    files |= {"src/rate.py": "def find_bursts(window): ...\n", "logo.png": "burst", "node_modules/x.js": "burst"}
    tree = git.tree(files)
    ranker = Ranker(git)
    query = query_of(("Make `find_bursts` respect the window", 1.0))
    ranked = await ranker.rank(tree, query)
    assert [each.path for each in ranked] == ["src/rate.py"]
    reads = git.reads
    assert await ranker.rank(tree, query) == ranked
    assert git.reads == reads == 601


async def test_binaries_and_huge_files_say_nothing(git: Made) -> None:
    tree = git.tree({"a": b"burst\0", "b": b"burst " * 50_000, "c": b"burst"})
    ranked = await Ranker(git).rank(tree, {"burst": 1.0})
    assert [each.path for each in ranked] == ["c"]


def test_candidates_are_bounded_and_near_the_root_first() -> None:
    file, link = TreeEntry(mode="100644", id="1"), TreeEntry(mode="120000", id="2")
    many = {f"deep/er/{number}.py": file for number in range(MAX_FILES)}
    found = candidates({**many, "z.py": file, "link": link, "uv.lock": file, "app.min.js": file})
    assert len(found) == MAX_FILES
    assert next(iter(found)) == "z.py"
    assert not {"link", "uv.lock", "app.min.js"} & set(found)


def test_the_greatest_weight_of_a_word_counts() -> None:
    assert query_of(("window", 0.2), ("window", 1.0), ("limit", 0.2)) == {"window": 1.0, "limit": 0.2}
