"""Guide files: what is read of them, what is refused, and what the shipped ones are like."""

from pathlib import Path

import pytest
from agentctl.guides.choose import GENERAL_BUDGET, TASK_BUDGET
from agentctl.guides.lint import flaws
from agentctl.guides.load import ROLES, Guide, parse_guide, shipped, split_front_matter

FOLDER = Path(__file__).parents[2] / "guides"
TOPICS = {
    "api-design",
    "cli-design",
    "concurrency",
    "distributed-systems",
    "performance",
    "security",
    "sql-and-migrations",
}


def test_a_dozen_guides_ship_in_the_order_of_their_names() -> None:
    names = [guide.name for guide in shipped()]
    assert names == sorted({*TOPICS, "errors", "python", "reviewing", "tests", "typescript"})
    assert {guide.name for guide in shipped() if not guide.is_general} == TOPICS


@pytest.mark.parametrize("guide", shipped(), ids=lambda guide: guide.name)
def test_a_shipped_guide_has_no_flaw_fits_its_budget_and_keeps_its_sources_out_of_prompts(guide: Guide) -> None:
    path = FOLDER / f"{guide.name}.md"
    assert flaws(path.read_text(encoding="utf-8"), path=str(path), exists=lambda _: False) == ()
    assert 350 <= guide.tokens <= TASK_BUDGET
    assert guide.sources.count("\n- ") >= 1
    assert "Sources" not in guide.text
    assert set(guide.roles) <= set(ROLES)


def test_the_general_guides_of_one_language_fit_together() -> None:
    for language in ("python", "typescript"):
        together = [guide for guide in shipped() if guide.name in {language, "errors", "tests"}]
        assert sum(guide.tokens for guide in together) <= GENERAL_BUDGET


def test_a_guide_file_is_read_whole() -> None:
    text = (
        '---\nname: go\ndescription: Go code\nglobs: ["*.go"]\nroles: [worker]\nkeywords: [goroutine]\n---\n'
        "# Go\n\nShort names.\n\n## Sources\n\n- Effective Go\n"
    )
    assert parse_guide(text, place="docs/go.md") == Guide(
        name="go",
        description="Go code",
        text="# Go\n\nShort names.\n",
        globs=("*.go",),
        roles=("worker",),
        keywords=("goroutine",),
        sources="- Effective Go",
        place="docs/go.md",
    )


def test_a_skill_can_be_read_as_a_guide() -> None:
    text = "---\nname: pdf\ndescription: PDF files\nlicense: MIT\nmetadata: {a: b}\nallowed-tools: Bash\n---\nDo it.\n"
    assert parse_guide(text) == Guide(name="pdf", description="PDF files", text="Do it.\n")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no front matter", "needs a `name`"),
        ("---\nname: a\n---\nbody", "needs a `description`"),
        ("---\nname: a\ndescription: b\nglobs: '*.py'\n---\n", "`globs` of a guide must be a list"),
        ("---\nname: a\ndescription: b\nkeywords: [1]\n---\n", "`keywords` of a guide must be a list"),
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


def test_the_distributed_guide_names_the_techniques() -> None:
    guide = next(guide for guide in shipped() if guide.name == "distributed-systems")
    rules = [line for line in guide.text.splitlines() if line.startswith("- ")]
    assert len(rules) >= 20
    text = guide.text.lower()
    for word in ("jitter", "hedging", "idempotence", "fencing", "quorum", "backpressure", "saga", "crdt", "shedding"):
        assert word in text
