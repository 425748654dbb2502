import pytest
from agentctl.guides.load import Guide, match, parse_guide, shipped, split_front_matter

PYTHON = Guide(name="python", description="d", text="x" * 33, globs=("*.py",), roles=("worker",))
ALWAYS = Guide(name="always", description="d", text="y" * 33)


def test_the_shipped_guides_are_short_sourced_and_in_the_order_of_their_names() -> None:
    guides = shipped()
    assert [guide.name for guide in guides] == ["errors", "python", "tests"]
    assert all(len(guide.text.splitlines()) < 60 and guide.description for guide in guides)
    assert all("(" in guide.text for guide in guides)


@pytest.mark.parametrize(
    ("paths", "role", "budget", "names"),
    [
        (["src/deep/a.py"], "worker", 100, ["python", "always"]),
        (["src/a.ts"], "worker", 100, ["always"]),
        (["src/a.py"], "planner", 100, ["always"]),
        ([], "worker", 100, ["always"]),
        (["a.py"], "worker", 10, ["python"]),
        (["a.py"], "worker", 9, []),
    ],
)
def test_a_guide_is_chosen_by_path_role_and_room(paths: list[str], role: str, budget: int, names: list[str]) -> None:
    chosen = match((PYTHON, ALWAYS), paths=paths, role=role, budget=budget)
    assert [guide.name for guide in chosen] == names


def test_a_guide_file_is_read_whole() -> None:
    text = '---\nname: go\ndescription: Go code\nglobs: ["*.go"]\nroles: [worker]\n---\n# Go\n\nShort names.\n'
    assert parse_guide(text) == Guide(
        name="go", description="Go code", text="# Go\n\nShort names.\n", globs=("*.go",), roles=("worker",)
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no front matter", "needs a `name`"),
        ("---\nname: a\n---\nbody", "needs a `description`"),
        ("---\nname: a\ndescription: b\nglobs: '*.py'\n---\n", "`globs` of a guide must be a list"),
        ("---\nname: a\ndescription: b\nglob: ['*.py']\n---\n", "no field glob"),
        ("---\n- a\n---\n", "must be a mapping"),
        ("---\na: [\n---\n", "not YAML"),
    ],
)
def test_a_guide_file_that_is_wrong_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("*", r"\*")):
        parse_guide(text)


def test_a_text_without_front_matter_is_all_body() -> None:
    assert split_front_matter("# Hello\n---\n") == ({}, "# Hello\n---\n")
