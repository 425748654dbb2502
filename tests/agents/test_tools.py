"""What each tool does to a workspace, and what it says when it cannot."""

from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.models.port import ToolCall
from agentctl.agents.schema import problems
from agentctl.agents.tools.search import pattern
from agentctl.agents.tools.site import MAX_RESULT, Outcome, Refused
from agentctl.agents.tools.table import CHANGES, ENDS, LOOKS, SPECS, TRIES, carry_out
from agentctl.orchestrator.nouns.plan import LockedTest

Made = Any


@pytest.fixture
def use(converse: Made) -> Any:
    """``await use("read", {"path": "a"}, files={...})``: the outcome of one call, on a workspace with these files."""
    made: list[Any] = []

    async def run(name: str, arguments: dict[str, Any], *, files: dict[str, str] | None = None) -> Outcome:
        if files is not None or not made:
            made.append(converse(files=files or {}))
        call = ToolCall(id="c", name=name, arguments=arguments)
        return (await carry_out(made[-1].site, [call]))["c"]

    run.made = made  # type: ignore[attr-defined]
    return run


def test_every_tool_has_a_place_and_a_closed_schema() -> None:
    assert [spec.name for spec in SPECS] == [*LOOKS, *CHANGES, *TRIES, *ENDS]
    assert all(spec.parameters["additionalProperties"] is False for spec in SPECS)
    assert all(problems({}, spec.parameters) for spec in SPECS if spec.parameters.get("required"))


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", ".git/config", "a/.GIT/x", "", " ", "a\0b", "a\\b"]
)
@pytest.mark.parametrize("tool", ["read", "outline", "write", "edit"])
async def test_a_path_never_leaves_the_workspace(use: Made, tool: str, path: str) -> None:
    outcome = await use(tool, {"path": path, "content": "", "old": "a", "new": "b"})
    assert not outcome.ok
    assert outcome.text.startswith("error: ")


@pytest.mark.parametrize("path", ["./src/greet.py", "src//greet.py", "/workspace/src/greet.py", "src/./greet.py"])
async def test_other_spellings_of_a_path_are_understood(use: Made, path: str) -> None:
    assert (await use("read", {"path": path}, files={"src/greet.py": "x\n"})).ok


class TestRead:
    async def test_lines_come_with_their_numbers(self, use: Made) -> None:
        outcome = await use(
            "read", {"path": "a.txt", "first": 2, "last": 3}, files={"a.txt": "one\n  two\nthree\nfour"}
        )
        assert outcome.text == "``` file a.txt, lines 2-3 of 4\n2|  two\n3|three\n```\n"

    async def test_a_long_file_comes_in_parts(self, use: Made) -> None:
        text = "".join(f"{'x' * 100}\n" for _ in range(1000))
        outcome = await use("read", {"path": "a.txt"}, files={"a.txt": text})
        assert outcome.text.startswith("``` file a.txt, lines 1-112 of 1000\n")
        assert len(outcome.text) <= MAX_RESULT

    async def test_an_overlong_line_is_cut(self, use: Made) -> None:
        outcome = await use("read", {"path": "a.txt"}, files={"a.txt": "y" * 600})
        assert outcome.text.endswith("y [100 more characters]\n```\n")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"path": "b.txt"}, "error: there is no file b.txt; there is src/b.txt"),
            ({"path": "src"}, "error: there is no file src"),
            ({"path": "bin"}, "error: bin is a binary file (3 bytes): look at it with run"),
            ({"path": "a.txt", "first": 3}, "error: a.txt has 2 lines, none from 3 on"),
            ({"path": "a.txt", "first": 2, "last": 1}, "error: `last` (1) comes before `first` (2)"),
            ({"path": "a.txt", "first": "x"}, "error: `first` must be a whole number"),
            ({}, "error: `path` must be a text"),
            ({"path": "empty"}, "empty is empty"),
        ],
    )
    async def test_what_cannot_be_read_is_said(self, use: Made, arguments: dict[str, Any], said: str) -> None:
        files = {"a.txt": "1\n2\n", "src/b.txt": "", "bin": "a\0b", "empty": ""}
        assert (await use("read", arguments, files=files)).text == said

    async def test_text_that_is_not_utf_8_is_refused(self, use: Made) -> None:
        await use("read", {"path": "x"}, files={})
        use.made[-1].workspace.write("latin", "ä".encode("latin-1"))
        assert (
            await use("read", {"path": "latin"})
        ).text == "error: latin is not UTF-8 text (1 bytes): look at it with run"


async def test_a_locked_test_can_be_read_although_it_is_not_in_the_workspace_and_a_holdout_cannot(
    converse: Made,
) -> None:
    locked = LockedTest(check="R1", requirements=("R1",), path="tests/a.py", text="assert 1\n", tests=())
    holdout = replace(locked, path="tests/b.py", secret=True)
    site = converse(files={}, locked=(locked, holdout)).site
    told = await carry_out(
        site, [ToolCall(id=path, name="read", arguments={"path": path}) for path in ("tests/a.py", "tests/b.py")]
    )
    assert told["tests/a.py"].text == "``` file tests/a.py, lines 1-1 of 1\n1|assert 1\n```\n"
    assert told["tests/b.py"].text == "error: there is no file tests/b.py"


FILES = {"a.py": "def f(x):\n    return x\n", "b/c.txt": "f(x)\n", "d.py": "F(X)\n"}


class TestSearch:
    @pytest.mark.parametrize(
        ("arguments", "hits"),
        [
            ({"text": "f(x)"}, ["a.py:1|def f(x):", "b/c.txt:1|f(x)"]),
            ({"text": "f(x)", "path": "b"}, ["b/c.txt:1|f(x)"]),
            ({"text": "f(x)", "glob": "*.py"}, ["a.py:1|def f(x):"]),
            ({"text": r"(?i)^f\(", "regex": True}, ["b/c.txt:1|f(x)", "d.py:1|F(X)"]),
        ],
    )
    async def test_lines_are_found(self, use: Made, arguments: dict[str, Any], hits: list[str]) -> None:
        outcome = await use("search", arguments, files=FILES)
        assert outcome.text.splitlines()[1:-1] == hits

    async def test_nothing_found_is_a_result(self, use: Made) -> None:
        outcome = await use("search", {"text": "zzz"}, files=FILES)
        assert outcome == Outcome(text="nothing in . matches")

    async def test_too_many_hits_are_counted(self, use: Made) -> None:
        outcome = await use("search", {"text": "x"}, files={"a": "x\n" * 100})
        assert outcome.text.startswith("``` 80 lines, 20 more left out: search for something narrower\n")

    async def test_a_broken_expression_is_explained(self, use: Made) -> None:
        outcome = await use("search", {"text": "f(", "regex": True}, files=FILES)
        assert outcome.text.startswith("error: `text` is no regular expression: missing )")

    def test_an_expression_that_never_ends_is_stopped(self) -> None:
        matches = pattern(r"(?:a|a|aa)+$", seconds=0.05)
        with pytest.raises(Refused, match="this expression takes too long"):
            matches("a" * 5_000 + "b")


class TestOutline:
    async def test_a_folder_shows_the_symbols_of_its_files(self, use: Made) -> None:
        files = {"src/a.py": "class A:\n    def f(self) -> int: ...\n", "src/b.txt": "x", "c.py": "X = 1\n"}
        outcome = await use("outline", {"path": "src"}, files=files)
        assert outcome.text == "``` outline of src\nsrc/a.py\n  1: class A\n    2: def f(self) -> int\nsrc/b.txt\n```\n"

    async def test_a_folder_that_is_not_there_is_said(self, use: Made) -> None:
        assert (await use("outline", {"path": "lib"})).text == "error: there is no file or folder lib"


class TestWrite:
    async def test_a_file_is_written_with_its_folders(self, use: Made) -> None:
        outcome = await use("write", {"path": "docs/new/a.md", "content": "a\nb"})
        assert outcome == Outcome(text="wrote docs/new/a.md: 2 lines")
        assert use.made[-1].workspace.text("docs/new/a.md") == "a\nb"

    async def test_a_path_of_others_is_refused_with_what_is_owned(self, use: Made) -> None:
        outcome = await use("write", {"path": "src/other.py", "content": ""})
        assert outcome.text == (
            "error: src/other.py is not yours to write; you own: src/greet.py, tests/test_greet.py, docs/**. "
            "If it must change, ask for it in an option's `paths`"
        )
        assert use.made[-1].workspace.paths() == []

    async def test_what_the_spec_forbids_is_refused(self, converse: Made) -> None:
        it = converse(spec={"forbid": (".github/**", "uv.lock")}, task={"owns": ("**",)})
        call = ToolCall(id="c", name="write", arguments={"path": ".github/workflows/ci.yml", "content": ""})
        outcome = (await carry_out(it.site, [call]))["c"]
        assert outcome.text == "error: .github/workflows/ci.yml must not be changed by anybody: the spec forbids it"

    async def test_a_syntax_error_is_pointed_out(self, use: Made) -> None:
        outcome = await use("write", {"path": "src/greet.py", "content": "x = 1\ndef f(:\n    pass\n"})
        assert outcome.text.startswith(
            "wrote src/greet.py: 3 lines. Warning: there seems to be a syntax error near line "
        )


class TestEdit:
    async def test_an_ambiguous_text_is_not_replaced(self, use: Made) -> None:
        text = "x = 1\ny = 2\nx = 1\n"
        outcome = await use(
            "edit", {"path": "src/greet.py", "old": "x = 1", "new": "x = 3"}, files={"src/greet.py": text}
        )
        assert outcome.text == "error: `old` stands in src/greet.py 2 times, at lines 1, 3: add lines around it"
        assert use.made[-1].workspace.text("src/greet.py") == text

    async def test_the_nearest_text_is_shown(self, use: Made) -> None:
        text = "".join(f"value_{number} = {number}\n" for number in range(1, 30))
        edit = {"path": "src/greet.py", "old": "value_15 = 51", "new": "value_15 = 0"}
        outcome = await use("edit", edit, files={"src/greet.py": text})
        assert not outcome.ok
        assert "`old` is not in src/greet.py; nothing was changed. Copy whole lines of the nearest:" in outcome.text
        assert "\n15|value_15 = 15\n" in outcome.text

    async def test_what_is_done_already_is_said(self, use: Made) -> None:
        edit = {"path": "src/greet.py", "old": "a = 1", "new": "a = 2"}
        outcome = await use("edit", edit, files={"src/greet.py": "b = 0\na = 2\n"})
        assert outcome.ok
        assert outcome.text.startswith("nothing to change: `new` already stands in src/greet.py at line 2")

    @pytest.mark.parametrize(
        ("edit", "said"),
        [
            ({"old": " ", "new": "x"}, "`old` is empty: say what to replace, or use write for a whole file"),
            ({"old": "a", "new": "a"}, "`old` and `new` are the same: nothing to change"),
            ({"old": "qqqq", "new": "b"}, "`old` is not in src/greet.py, nor anything like it: read the file"),
        ],
    )
    async def test_an_edit_that_makes_no_sense_is_refused(self, use: Made, edit: dict[str, str], said: str) -> None:
        outcome = await use("edit", {"path": "src/greet.py"} | edit, files={"src/greet.py": "a\n"})
        assert outcome == Outcome(text=f"error: {said}", ok=False)


class TestRun:
    async def test_a_status_is_a_result(self, use: Made) -> None:
        assert (await use("run", {"command": "echo no; exit 3"})) == Outcome(text="exit 3\n``` output\nno\n```\n")

    async def test_silence_is_said(self, use: Made) -> None:
        assert (await use("run", {"command": "true"})).text == "exit 0, no output"

    async def test_long_output_keeps_its_ends(self, use: Made) -> None:
        outcome = await use("run", {"command": "echo first; seq 100000; echo last"})
        assert len(outcome.text) <= MAX_RESULT + 100
        assert "first\n" in outcome.text
        assert "last\n```\n" in outcome.text


async def test_the_gate_is_asked(use: Made) -> None:
    assert await use("test", {}) == Outcome(text="passed\n``` tests\n3 passed\n```\n")
