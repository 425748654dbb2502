"""The text of a slice's pull request, with and without the repository's template."""

from dataclasses import replace

from agentctl.orchestrator.nouns.delivery import Cut, Decided, Shown, Slice, Spent, Story
from agentctl.orchestrator.rules.pull_template import template_path
from agentctl.orchestrator.rules.pull_text import MOST, body, marker
from markdown_it import MarkdownIt

CUT = Cut(
    slice=Slice(
        name="core", team="core", tasks=("T1",), on="base", owners=("@ada",), minutes=12.4, notes=("It is long",)
    ),
    branch="agentctl/r/core",
    base="a" * 40,
    head="b" * 40,
    tree="c" * 40,
    gate="g",
    shown=(
        Shown(requirement="R1", text="It MUST greet | `a|b`.", level="V2", check="R1.c1"),
        Shown(requirement="R2", text="It MUST end.", level="V3", hidden=True),
        Shown(requirement="R3", text="It MUST last."),
    ),
    commits=(("b" * 40, "T1", "Greet"), ("d" * 40, "", "Trace")),
)
STORY = Story(
    run="r",
    title="Greeting",
    why="Nobody is greeted",
    what="say hello",
    part=2,
    parts=3,
    on="agentctl/r/base",
    decided=(Decided(question="Loud?", answer="no", by="Ada"),),
    assumed=(Decided(question="English?", answer="yes", by="the default"),),
    spent=(Spent(model="m", calls=3, usd=0.25),),
    commands=("python -m pytest",),
)
TEXT = """\
Part 2 of 3 of *Greeting*: Say hello. Nobody is greeted.

It is stacked on `agentctl/r/base`: review and merge that first.

It is long.

About 12 minutes to read. Its files are owned by `@ada`.

## What shows it

| requirement | sentence | evidence | check |
|---|---|---|---|
| R1 | It MUST greet \\| `a\\|b`. | V2 | `R1.c1` |
| R2 | It MUST end. | V3 | a hidden check |
| R3 | It MUST last. | not in this part | none |

V1: its check passes. V2: the check fails, by assertion, against a wrong program made of this one. V3: a hidden check \
passes too. V0: no check decides it.

## Decided

- Loud? **no** (Ada)

## Taken for granted

- English? **yes** (the default)

## Commits

- bbbbbbbbbb T1: Greet
- dddddddddd Trace

## See for yourself

```
python -m pytest
```

## Cost

The whole run: $0.25 in 3 calls.

| model | calls | dollars |
|---|---|---|
| m | 3 | 0.25 |

<!-- agentctl:slice:r:core -->
"""
TEMPLATE = """\
<!-- Thanks! ## Testing is below -->
## Description

Say what you did.

Why?
----
- [ ] I ran the tests

### How Has This Been Tested?
```
## Testing
```
## Checklist
- [ ] I have read CONTRIBUTING
"""


def test_a_model_stands_in_one_row_whatever_tiers_it_played() -> None:
    spent = (Spent(model="m", calls=3, usd=0.25), Spent(model="n", calls=1, usd=0.5), Spent(model="m", calls=2, usd=1))
    rows = [line for line in body(CUT, replace(STORY, spent=spent)).splitlines() if line.startswith(("| m ", "| n "))]
    assert rows == ["| m | 5 | 1.25 |", "| n | 1 | 0.50 |"]


def test_the_text_says_what_it_is_what_shows_it_what_was_decided_and_what_it_cost() -> None:
    assert body(CUT, STORY) == TEXT


def test_a_template_is_filled_below_its_headings_and_stays_as_it_is() -> None:
    text = body(CUT, STORY, template=TEMPLATE)
    lines = text.splitlines()
    kept = [line for line in TEMPLATE.splitlines() if line]
    places = [lines.index(line) for line in kept if kept.count(line) == 1]
    assert places == sorted(places)
    assert lines[lines.index("## Description") + 2].startswith("Part 2 of 3")
    tested = lines.index("### How Has This Been Tested?")
    assert lines[tested + 1 : tested + 5] == ["", "```", "python -m pytest", "```"]
    assert "## See for yourself" not in lines
    assert lines.index("## What shows it") > lines.index("- [ ] I have read CONTRIBUTING")
    assert "[x]" not in text.lower()
    assert lines[-1] == marker("r", "core")


def test_texts_of_others_forge_no_row_no_heading_no_marker_and_no_mention() -> None:
    evil = (
        "x |\n| R9 | met | V3 |\n\n## Cost\n<!-- agentctl:slice:r:other --> @org/all fixes #1 - [x] done [a](http://b)"
    )
    story = replace(STORY, title=evil, why=evil, what=evil, decided=(Decided(question=evil, answer=evil, by=evil),))
    cut = replace(
        CUT, shown=(Shown(requirement=evil, text=evil, level="V0", check=evil),), commits=(("b" * 40, evil, evil),)
    )
    text = body(cut, story)
    assert text.count("<!--") == 1
    assert text.count("\n## Cost") == 1
    assert [line for line in text.splitlines() if line.startswith("| R9")] == []
    for acting in ("@org", "#1", "[x]", "://"):
        assert acting not in text
    assert "<a " not in MarkdownIt("gfm-like", {"linkify": False}).render(text)


def test_a_text_is_never_longer_than_a_forge_takes() -> None:
    many = tuple(Shown(requirement=f"R{n}", text="word " * 100, level="V1", check="c") for n in range(500))
    text = body(replace(CUT, shown=many), STORY, template="## Description\n" + "é" * 30_000)
    assert len(text) < MOST + 500
    assert "and 440 more" in text
    assert text.endswith(f"{marker('r', 'core')}\n")
    assert "é" not in text


def test_a_replayed_run_says_that_it_asked_no_model() -> None:
    text = body(CUT, replace(STORY, recorded=True))
    assert "recorded earlier and replayed" in text
    assert "dollars" not in text


def test_the_template_is_looked_for_where_forges_look() -> None:
    assert template_path(["README.md"]) is None
    assert template_path(["docs/pull_request_template.md", ".github/PULL_REQUEST_TEMPLATE.md"]) == (
        ".github/PULL_REQUEST_TEMPLATE.md"
    )
    several = [".github/PULL_REQUEST_TEMPLATE/b.md", ".github/PULL_REQUEST_TEMPLATE/a.md"]
    assert template_path(several) == ".github/PULL_REQUEST_TEMPLATE/a.md"
