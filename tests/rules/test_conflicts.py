"""Conflicts between unordered tasks, told with file, line, symbol and both tasks; and what is none."""

from collections.abc import Mapping

import pytest
from agentctl.orchestrator.nouns.plan import Conflict, DeclaredInterface, Finding, Plan, SpecView, Task, Team
from agentctl.orchestrator.rules import globs
from agentctl.orchestrator.rules.changes import Base, changed
from agentctl.orchestrator.rules.claims import claims
from agentctl.orchestrator.rules.conflicts import conflict_findings, conflicts
from agentctl.orchestrator.rules.symbols import read_source
from agentctl.specs.grammars import language_of

FILES = {
    "src/app/io.py": "def load(path):\n    return []\n\n\nclass Store:\n    def put(self, key): ...\n",
    "src/app/api.py": "from .io import Store, load\n\n\ndef rows():\n    Store().put(1)\n    return load('x')\n",
    "src/app/cli.py": "import app.io\n\n\ndef main():\n    print('no')\n",
    "tests/test_api.py": "from app.io import load\n",
    "docs/api.md": "load\n",
}


def task(name: str, goal: str, *owns: str, needs: tuple[str, ...] = ()) -> Task:
    return Task(id=name, team="all", title="Do", goal=goal, owns=owns, needs=needs)


def foreseen(
    *tasks: Task, files: Mapping[str, str] = FILES, interfaces: tuple[DeclaredInterface, ...] = ()
) -> tuple[Conflict, ...]:
    """What is told of a plan, on a tree of these files."""
    plan = Plan(summary="", teams=(Team(id="all", purpose=""),), tasks=tasks)
    spec = SpecView(id="s", digest="d", title="t", text="", requirements=(), interfaces=interfaces)
    known = {path: text for path, text in sorted(files.items()) if language_of(path) is not None}
    base = Base(
        paths=frozenset(files),
        owned={each.id: globs.owned(each.owns, list(known)) for each in tasks},
        files={path: read_source(language_of(path) or "", text.encode()) for path, text in known.items()},
    )
    said = claims(plan, spec)
    return conflicts(plan, spec, said, changed(said, spec, base), base)


RENAMES = task("T1", "Rename `load` to `read_all`.", "src/app/io.py")
API = task("T2", "Add paging.", "src/app/api.py", "tests/test_api.py")


def test_a_renamed_function_and_the_task_whose_files_call_it() -> None:
    message = (
        "T1 renames `load` (src/app/io.py:1): “Rename `load` to `read_all`”. T2 owns src/app/api.py, which imports it "
        "in line 1, as does one more of its files, and both may run at the same time: "
        "let T2 need T1, or give both to one task."
    )
    told = Conflict(
        symbol="load",
        tasks=("T1", "T2"),
        message=message,
        strong=True,
        defined_at="src/app/io.py:1",
        used_at="src/app/api.py:1",
    )
    assert foreseen(RENAMES, API) == (told,)
    assert conflict_findings((told,)) == (Finding(task="T2", message=message),)


@pytest.mark.parametrize("needs", [("T1",), ("T3",)])
def test_tasks_in_order_are_in_nobodys_way(needs: tuple[str, ...]) -> None:
    between = task("T3", "Write a page.", "docs/page.md", needs=("T1",))
    assert foreseen(RENAMES, between, task("T2", "Add paging.", "src/app/api.py", needs=needs)) == ()
    assert foreseen(task("T1", RENAMES.goal, "src/app/io.py", needs=("T2",)), API) == ()


@pytest.mark.parametrize(
    "other",
    [
        task("T2", "Add a flag.", "src/app/cli.py"),
        task("T2", "Add a page.", "docs/**"),
        task("T2", "Write a new module.", "src/app/new.py"),
    ],
)
def test_whoever_does_not_rely_on_it_is_not_told(other: Task) -> None:
    assert foreseen(RENAMES, other) == ()


def test_a_name_that_the_tasks_own_files_do_not_define_is_not_theirs_to_change() -> None:
    assert foreseen(task("T1", "Remove `rows` and `missing`.", "src/app/io.py"), API) == ()


def test_what_is_only_hinted_at_is_told_and_not_sent_back() -> None:
    (told,) = foreseen(task("T1", "Change how `load` reads.", "src/app/io.py"), API)
    assert (told.strong, conflict_findings((told,))) == (False, ())


def test_a_method_counts_where_its_file_is_imported_and_no_other_class_has_one_of_that_name() -> None:
    drops = task("T1", "Remove the `put` method of `Store`.", "src/app/io.py")
    (told,) = foreseen(drops, API)
    assert (told.symbol, told.used_at) == ("Store.put", "src/app/api.py:5")
    shelf = FILES | {"src/app/cli.py": "class Shelf:\n    def put(self): ...\n"}
    assert foreseen(drops, API, task("T3", "Add a flag.", "src/app/cli.py"), files=shelf) == ()


def test_a_name_that_two_of_its_files_define_is_ambiguous_unless_the_sentence_names_the_file() -> None:
    twice = FILES | {"src/app/old.py": "def load(): ...\n"}
    both = ("src/app/io.py", "src/app/old.py")
    assert foreseen(task("T1", "Remove `load`.", *both), API, files=twice) == ()
    assert len(foreseen(task("T1", "Remove `load` in src/app/io.py.", *both), API, files=twice)) == 1


def test_a_file_that_goes_and_who_imports_it() -> None:
    cli = task("T3", "Add a flag.", "src/app/cli.py")
    told = foreseen(task("T1", "Move `src/app/io.py` to `src/app/files.py`.", "src/app/**/io.py"), API, cli)
    assert [(each.symbol, each.tasks, each.used_at) for each in told] == [
        ("src/app/io.py", ("T1", "T2"), "src/app/api.py:1"),
        ("src/app/io.py", ("T1", "T3"), "src/app/cli.py:1"),
    ]


def test_an_interface_of_the_spec_that_differs_from_what_is_there_redeclares_it() -> None:
    def declares(text: str, *, frozen: bool = True) -> tuple[Conflict, ...]:
        stub = DeclaredInterface(path="src/app/io.py", text=text, frozen=frozen)
        return foreseen(task("T1", "As the spec says.", "src/app/io.py"), API, interfaces=(stub,))

    (told,) = declares("def load(path: str, encoding: str) -> list: ...\n")
    assert "redeclares `load` (src/app/io.py:1): as the spec declares it, it takes 2 arguments" in told.message
    assert told.strong
    assert declares("def load(path: str, encoding: str = 'x') -> list: ...\ndef new(a): ...\n") == ()
    assert declares("def load(path, encoding): ...\n", frozen=False) == ()
    returns = FILES | {"src/app/io.py": "def load(path) -> list: ...\n"}
    stub = DeclaredInterface(path="src/app/io.py", text="def load(path: str) -> set: ...\n")
    (told,) = foreseen(task("T1", "As the spec says.", "src/app/io.py"), API, files=returns, interfaces=(stub,))
    assert "returns `set` instead of `list`" in told.message
    assert not told.strong


def test_a_signature_in_the_goal_that_differs_from_what_is_there_redeclares_it() -> None:
    (told,) = foreseen(task("T1", "`load(path: str, encoding: str) -> list`: reads.", "src/app/io.py"), API)
    assert "so that it takes 2 arguments instead of 1 argument. T2 owns" in told.message
    twice = task("T1", "`load(path: str, encoding: str) -> list`: reads. Implement `load()`.", "src/app/io.py")
    assert len(foreseen(twice, API)) == 1
    assert foreseen(task("T1", "`load(path: str) -> list`: reads; see `load(a, b)`.", "src/app/io.py"), API) == ()


@pytest.mark.parametrize(
    ("one", "other", "strong"),
    [
        ("Write `parse_line`.", "Implement `parse_line(text: str) -> Line`.", True),
        ("Rename `old` to `parse_line`.", "Add the function `parse_line`.", True),
        ("Add class `Line`.", "Define class `Line`.", False),
        ("Write `parse_line` in src/one.py.", "Write `parse_line`.", False),
    ],
)
def test_two_tasks_that_are_both_told_to_write_a_symbol(one: str, other: str, *, strong: bool) -> None:
    (told,) = foreseen(task("T1", one, "src/one.py"), task("T2", other, "src/two.py"), files={})
    assert (told.tasks, told.strong, told.defined_at) == (("T1", "T2"), strong, "")
    assert "T1 and T2 may run at the same time and are both told to write" in told.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Write `parse_line` in src/one.py.", "Write `parse_line` in src/two.py."),
        ("Write `main(argv)`.", "Write `main(argv)`."),
        ("Write `_parse_line`.", "Write `_parse_line`."),
        ("Add a `close_all()` method to `Store`.", "Add a `close_all()` method to `Cache`."),
        ("Add the `dry_run` option.", "Add the `dry_run` option."),
        ("Write `parse_line`.", "Use `parse_line`; write `Reader_of_lines` with `parse_line`."),
        ("Write `parse_line`.", "There is `parse_line(text: str) -> Line`."),
    ],
)
def test_two_that_mean_different_things_or_do_not_both_write_it(one: str, other: str) -> None:
    assert foreseen(task("T1", one, "src/one.py"), task("T2", other, "src/two.py"), files={}) == ()


def test_a_symbol_of_two_languages_is_two_symbols() -> None:
    one, other = (task(f"T{number}", "Add `user_profile()`.", path) for number, path in ((1, "a.py"), (2, "a.ts")))
    assert foreseen(one, other, files={}) == ()


def test_what_is_strong_comes_first_and_there_is_an_end() -> None:
    names = [f"name_{number}" for number in range(60)]
    files = {"a.py": "".join(f"def {name}(): ...\n" for name in names), "b.py": f"from a import {', '.join(names)}\n"}
    weak = task("T1", "Change how `name_9` reads. " + "".join(f"Remove `{name}`. " for name in names[10:]), "a.py")
    found = foreseen(weak, task("T2", "Go on.", "b.py"), files=files)
    assert len(found) == 50
    assert all(each.strong for each in found)
