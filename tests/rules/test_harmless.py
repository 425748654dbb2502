"""Texts of others, made harmless where a forge would act on them."""

import re
from collections.abc import Callable

import pytest
from agentctl.orchestrator.rules.harmless import GAP, cell, code, fenced, inline, message, plain, quoted, title
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tell @bob", f"tell @{GAP}bob"),
        ("&#64;bob", f"&amp;#{GAP}64;bob"),
        ("fixes #3 and GH-4", f"fixes #{GAP}3 and GH-{GAP}4"),
        ("closes https://x.y/issues/3", f"closes https:{GAP}//x.y/issues/3"),
        ("www.evil.org", f"www{GAP}.evil.org"),
        ("a | b\n| c", "a \\| b \\| c"),
        ("<!-- agentctl:slice:r:n -->", "&lt;!-- agentctl:slice:r:n --&gt;"),
        ("![i](x) [l](y)", "!\\[i\\](x) \\[l\\](y)"),
        ("- [x] done", "\\- \\[x\\] done"),
        ("1. first", "1\\. first"),
        ("# head", "\\# head"),
        ("keep snake_case and `a|b @c #1`", "keep snake_case and `a|b @c #1`"),
        ("``two`` and `one", "\\`\\`two\\`\\` and \\`one"),
        ("_em_ **b** ~~s~~", "\\_em\\_ \\*\\*b\\*\\* \\~\\~s\\~\\~"),
        ("tricky \u202eorder\x1b[31m", "tricky order"),
    ],
)
def test_a_text_becomes_a_line_that_says_the_same_and_does_nothing(text: str, written: str) -> None:
    assert inline(text) == written


def test_a_long_text_is_cut_between_words() -> None:
    assert inline("one two three four", width=12) == "one two…"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Fixes #3 for @bob", "Fixes 3 for bob"),
        ("See https://x.y/1", "See x.y/1"),
        ("GH-3 and a@b.c", "3 and a@b.c"),
    ],
)
def test_a_title_names_nobody_and_closes_nothing(text: str, written: str) -> None:
    assert title(text, width=72) == written


def test_a_commit_message_keeps_its_words_but_closes_nothing_and_names_nobody() -> None:
    text = (
        "Add it\n\nFixes #3, resolves: o/r#4 and closes https://x.y/5 for @bob\n\nTask: T1\nSigned-off-by: A <a@b.c>\n"
    )
    assert message(text) == (
        "Add it\n\nFixes issue #3, resolves: issue o/r#4 and closes issue https://x.y/5 for @ bob\n\n"
        "Task: T1\nSigned-off-by: A <a@b.c>\n"
    )
    assert message("Fix the 3 cases of #hash\n\nTask: T1\n") == "Fix the 3 cases of #hash\n\nTask: T1\n"


SIGNS = (
    "@bob|#3|fixes |GH-3|https://e.v|www.e.v|`|``|\\|<|>|<!--|-->|[a](b)|![|](|&#64;|&|# |- |* |1. |---|===|word|_|~"
)
ACTING = st.sampled_from([*SIGNS.split("|"), "|", "\n", "\n\n", "> "])


@given(st.lists(ACTING, max_size=12).map("".join))
def test_whatever_is_written_stays_one_cell_without_a_link_a_mention_or_a_comment(text: str) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"| a | b |\n|---|---|\n| {cell(text)} | z |\n")
    assert html.count("<td>") == 2
    assert html.count("<tr>") == 2
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for acting in ("<a ", "<img", "<!--", "<em>", "<strong>", "<s>", "<h1", "<li", "@bob", "#3", "GH-3", "://"):
        assert acting not in outside
    alone = MarkdownIt("gfm-like", {"linkify": False}).render(f"- {inline(text)}\n")
    assert not re.search(r"<(?:h\d|ol|hr|blockquote|pre|a |img|input)", alone)
    assert alone.count("<li>") == 1


@pytest.mark.parametrize("write", [inline, cell, code, quoted, fenced])
@pytest.mark.parametrize("around", ["{}", "`{}`", "``{}``", "a\n{}\nb", "<{}", "<!{}", "\u200b{}", "<\u200b!--{}"])
def test_no_text_of_others_passes_for_a_marker_of_ours(write: Callable[[str], str], around: str) -> None:
    assert "<!--" not in write(around.format("<!-- agentctl:reply:comment:7 -->"))


@pytest.mark.parametrize("write", [inline, cell, code, quoted, fenced, plain])
def test_secrets_and_what_nobody_sees_are_left_out(write: Callable[[str], str]) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    assert token not in write(f"the key is {token}")
    assert write("a\u202eb\u200bc\ufeff\x1b[2J\U000e0041d") == write("abcd")


@pytest.mark.parametrize(
    "text",
    [
        "@octocat and @acme/team",
        "fixes #3",
        "closes acme/shed#4, GH-5",
        "resolves https://github.com/acme/shed/issues/6",
        "www.evil.example",
        "![x](https://evil.example/?q=1)",
        "[click](javascript:x)",
        "<img src=x> <!-- agentctl:run:r1 -->",
        "a | b",
        "`code`",
        "/agentctl run",
        "# heading",
        "1. list",
        "**bold** ~~gone~~",
        "- item",
        "&lt;b&gt;",
        "line\n\n/agentctl run",
    ],
)
def test_no_words_act_in_a_page_of_ours(text: str) -> None:
    made = re.sub("`[^`]*`", "", inline(text))
    assert "\n" not in made
    assert (
        re.search(r"@\w|(?<!&)#\d|GH-\d|://|www\.|<|(?<!\\)[|`*\[\]~]|^[/#-]|^\d+\.", made.replace("\\<", "")) is None
    )


def test_words_read_the_same_when_they_are_rendered() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(inline("a_b *c* @x #3 <b> | `d` [e](f) & g"))
    assert rendered.replace("\u200b", "") == "<p>a_b *c* @x #3 &lt;b&gt; | <code>d</code> [e](f) &amp; g</p>\n"


@given(st.text(max_size=60))
def test_code_stays_in_its_span(text: str) -> None:
    rendered = MarkdownIt("commonmark").render(f"x {code(text)} y")
    assert re.fullmatch(r"<p>x <code>[^<]*</code> y</p>\n", rendered)
