"""Nothing that a person writes is lost: every word of every line stands in some part of the spec."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from agentctl.specs.front_matter import split
from agentctl.specs.nouns import Spec
from agentctl.specs.parse import parse
from hypothesis import given
from hypothesis import strategies as st

_WORD = re.compile(r"[A-Za-z]{2,}")


def parts(spec: Spec) -> Iterator[str]:
    yield from (spec.title, spec.intent)
    for item in spec.items.values():
        yield from (item.id, item.text, *item.blocks)
    for term in spec.terms:
        yield from (term.name, term.meaning)
    for kept in spec.context:
        yield from (kept.heading, kept.text)
    for fence in spec.fences:
        yield from (fence.language, *fence.words, fence.body)
    for table in spec.tables:
        yield from (table.call, table.module, *table.arguments)
        for row in table.rows:
            yield from (*row.inputs, row.expected, "raises" if row.raises else "")
    yield from (comment.text for comment in spec.comments)
    yield from (heading.text for heading in spec.headings)
    for image in spec.images:
        yield from (image.path, image.alt)


def lost(text: str) -> list[tuple[int, str]]:
    """The words that no part has, with their lines; front matter is data and has its own diagnostics."""
    have = set(_WORD.findall(" ".join(parts(parse(text))).lower()))
    lines = split(text.replace("\r\n", "\n"))[1].split("\n")
    return [(n, word) for n, line in enumerate(lines, 1) for word in _WORD.findall(line.lower()) if word not in have]


_TEMPLATES = st.sampled_from(
    [
        "# {}",
        "## {}",
        "#### {}",
        "## Requirements",
        "## Terms",
        "## Notes",
        "## Non-goals",
        "## Examples",
        "## Open questions",
        "{}\n===",
        "{}\n---",
        "{} {}",
        "{} MUST {}",
        "- {}",
        "  - {}",
        "    {}",
        "\t{}",
        "3. {}",
        "- [ ] {}",
        "- **R1** {}",
        "- **R2** MUST {}:",
        "- **{}**: {}",
        "- `{}`: {}",
        "- r7 {}",
        "**R3** {}:",
        "### **R4** {}",
        "Examples for R1: `{}(x)`",
        "Examples `{}`:",
        "| x | => |\n|---|---|\n| `{}` | {} |",
        "| {} | {} |\n|---|---|\n| {} | {} |",
        "  | {} |\n  |---|\n  | {} |",
        "```\n{}\n```",
        "```python R1\n{} = 1\n```",
        "  ```text {}\n  {}\n  ```",
        "```python fixture\n{}\n```",
        "<!-- {} -->",
        "<div>{}</div>",
        "  <div>\n  {}\n  </div>",
        "- {} <!-- {} -->",
        "| {} <!-- {} --> |\n|---|\n| ![{}](/{}) |",
        "      {}",
        "> {}",
        "> - {}",
        "![{}]({}.png)",
        "- ![{}]({}.png) {}",
        "[{}]: /{}",
        "[{}]({} '{}')",
        "[//]: # ({})",
        "*{}* __{}__ ~~{}~~ `{}`",
        "\u2022 {}",
        "-\u00a0{}",
        "***",
        "```{}",
    ]
)


@given(st.lists(st.tuples(_TEMPLATES, st.sampled_from(["\n", "\n\n"])), max_size=14))
def test_every_word_is_in_some_part(blocks: list[tuple[str, str]]) -> None:
    words = (f"{a}{b}{c}word" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyz")
    text = "".join(
        template.format(*(next(words) for _ in range(template.count("{}")))) + end for template, end in blocks
    )
    assert lost(text) == []


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300).map(lambda data: data.decode("utf-8", "replace"))))
def test_any_text_is_a_spec_whose_lines_are_in_the_file(text: str) -> None:
    spec = parse(text)
    last = spec.text.count("\n") + 1
    spans = [(item.line, item.end_line) for item in spec.items.values()]
    spans += [(fence.line, fence.end_line) for fence in spec.fences]
    assert all(1 <= first <= end <= last for first, end in spans)
    assert all(1 <= diagnostic.line <= last for diagnostic in spec.diagnostics)


def corpora() -> list[Path]:
    folder = os.environ.get("AGENTCTL_CORPORA")
    names = ("NL2RepoBench/**/start.md", "problem-specifications/exercises/*/*.md", "OpenSpec/openspec/**/*.md")
    more = ("commonmark-spec/spec.txt", "toml/toml.md")
    return sorted(path for name in (*names, *more) for path in Path(folder).glob(name)) if folder else []


@pytest.mark.skipif(not corpora(), reason="AGENTCTL_CORPORA names no folder with checkouts of the corpora")
def test_public_specs_are_read_without_loss() -> None:
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in corpora()}
    assert {str(path): found for path, text in texts.items() if (found := lost(text))} == {}
