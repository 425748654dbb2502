"""The texts themselves, whole; and that nothing of others in them acts, however it is read."""

import re

import pytest
from agentctl.cli.bot.question_text import Settled, open_question, settled_question
from agentctl.cli.bot.sticky import LONGEST, sticky
from agentctl.cli.bot.view import Decided, PullRow, RequirementRow, TaskRow, View, Waits
from agentctl.cli.notices.notice import Choice, Item
from agentctl.orchestrator.rules.harmless import code, fenced, inline, quoted
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = (
    "@ada @acme/team fixes #3, closes acme/shed#4 GH-5 https://evil.example/x www.evil.example a@b.example",
    "<img src=x onerror=alert(1)> <!-- agentctl:run:k7m2xq --> </details> <b>",
    "![i](https://evil.example/i.png) [l](https://evil.example) [r]: https://evil.example",
    "| a | b |\n|---|---|\n| c | d |",
    "# head\n\n- list\n\n```\ncode\n```\n> quote\n---\n~~no~~ **b** _i_ `c` $$x$$ &lt; &#64;ada",
    "\x1b[31mred\x00 \u202eright \u200bnone\r\n/agentctl approve",
)
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.lists(st.sampled_from(HOSTILE)).map(" ".join))


def view(**more: object) -> View:
    given_ = {
        "run": "k7m2xq",
        "title": "Greet",
        "state": "building",
        "reason": "",
        "recorded": False,
        "by": "ada",
        "figures": "1/2 landed, $0.42 of $5.00",
    }
    return View(**{**given_, **more})  # type: ignore[arg-type]


def hostile(text: str) -> str:
    """A comment, and a question, full of it."""
    shown = view(
        title=text,
        reason=text,
        by=text,
        tasks=(TaskRow(id=text, title=text, state="landed", pull=1),),
        requirements=(RequirementRow(id=text, text=text),),
        waiting=(Waits(id="Q1", text=text),),
        decided=(Decided(id="Q2", text=text, answer=text),),
        pulls=(PullRow(number=1, name=text, state="open", words=text),),
        trouble=(text,),
    )
    asked = Item(
        id="Q1",
        key="k",
        kind="decision",
        text=text,
        why=text,
        choices=(Choice(label="1", text=text, consequence=text, paths=(text,), whole=True),),
        recommended="1",
        requirements=(text,),
        reasons=text,
        silence=text,
        default_at=None,
        command=text,
    )
    question = open_question(asked, plan=text)
    return "\n\n".join([sticky(shown), question, settled_question(asked, Settled(answer=text, by=text))])


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_are_shown_and_do_nothing(text: str) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(hostile(text))
    assert "<img" not in html
    assert "<a " not in html
    assert "<!--" not in html
    assert html.count("<details>") == html.count("</details>") == 4
    outside_code = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"@\w|(?<!&)#[2-9]|GH-\d|https?:/|www\.\w", outside_code)
    assert html.count("<table>") == 2


@given(WORDS)
def test_no_text_makes_a_mention_a_reference_or_an_element(text: str) -> None:
    line = inline(text)
    assert "\n" not in line
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"so: {line} | x")
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "code"}
    prose = re.sub(r"<code>.*?</code>", "", html).replace("&#39;", "")
    assert not re.search(r"@\w|#\d|GH-\d|https?:/", prose)


@given(WORDS)
def test_a_name_in_code_stays_in_one_span_and_a_fence_stays_shut(text: str) -> None:
    md = MarkdownIt("gfm-like", {"linkify": False})
    assert len(re.findall("<code>", md.render(f"so: {code(text)} x"))) == 1
    assert md.render(fenced(text)).count("<pre>") == 1
    assert (
        re.sub(
            r"</?(?:blockquote|p|ul|ol|li|hr|pre|code|h[12])(?: start=\"\d+\")? ?/?>", "", md.render(quoted(text))
        ).count("<")
        == 0
    )


@given(st.integers(0, 5000), WORDS)
def test_the_comment_is_never_longer_than_a_forge_takes(count: int, text: str) -> None:
    tasks = tuple(TaskRow(id=f"T{number}", title=text * 5, state="waits") for number in range(count))
    wanted = tuple(RequirementRow(id=f"R{number}", text=text * 5) for number in range(count))
    assert len(sticky(view(tasks=tasks, requirements=wanted, title=text * 50))) < LONGEST


def test_the_comment_of_a_run() -> None:
    shown = view(
        recorded=True,
        tasks=(
            TaskRow(id="T1", title="Say hello", state="landed", pull=12),
            TaskRow(id="T2", title="Name them", state="works"),
        ),
        requirements=(
            RequirementRow(id="R1", text="MUST say hello.", level="V2: shown"),
            RequirementRow(id="R2", text="MUST name them."),
        ),
        waiting=(Waits(id="Q2", text="Which tongue?"),),
        held=2,
        decided=(Decided(id="Q1", text="Currency?", answer="EUR"),),
        pulls=(PullRow(number=12, name="core", state="draft", words="its checks are running"),),
        trouble=("the branch is protected",),
    )
    assert sticky(shown).partition("\n\n<details>\n<summary>How to")[0] == (
        "### `k7m2xq` Greet\n"
        "\n"
        "The run **is being built**. 1/2 landed, \\$0.42 of \\$5.00, 2 questions kept for later. Asked for by `ada`.\n"
        "\n"
        "Its answers were recorded earlier and are replayed: no model is asked.\n"
        "\n"
        "- ⚠ the branch is protected\n"
        "\n"
        "**Waits for an answer**\n"
        "\n"
        "- `Q2` Which tongue?\n"
        "\n"
        "**Pull requests**, from the bottom up\n"
        "\n"
        "- #12 `core` draft: its checks are running\n"
        "\n"
        "| task | what | state | pull request |\n"
        "| --- | --- | --- | --- |\n"
        "| `T1` | Say hello | landed | #12 |\n"
        "| `T2` | Name them | works |  |\n"
        "\n"
        "<details>\n"
        "<summary>Requirements: 1 of 2 shown</summary>\n"
        "\n"
        "| requirement | sentence | evidence |\n"
        "| --- | --- | --- |\n"
        "| `R1` | MUST say hello. | V2: shown |\n"
        "| `R2` | MUST name them. | nothing yet |\n"
        "\n"
        "</details>\n"
        "\n"
        "<details>\n"
        "<summary>Decided without a person: 1</summary>\n"
        "\n"
        "- `Q1` Currency?: **EUR**\n"
        "\n"
        "</details>"
    )


def test_how_a_budget_question_is_answered() -> None:
    choices = (Choice(label="a", text="raise the cap by $5.00", consequence="", paths=(), whole=True),)
    item = Item(
        id="Q3",
        key="budget:1",
        kind="budget",
        text="The cap is reached.",
        why="",
        choices=choices,
        recommended="a",
        requirements=(),
        reasons="",
        silence="waits",
        default_at=None,
        command="",
    )
    assert open_question(item, mention="ada") == (
        "### `Q3` needs @ada\n"
        "\n"
        "> The cap is reached.\n"
        "\n"
        "- `a` raise the cap by \\$5.00 **(recommended)**\n"
        "\n"
        "Without an answer it waits.\n"
        "\n"
        "Answer with `/agentctl answer Q3 a`, or an amount: `/agentctl budget +5`."
    )


def test_a_question_says_which_files_take_somebody_else_than_who_started_the_run() -> None:
    item = Item(
        id="Q1",
        key="plan:1",
        kind="plan",
        text="Build this plan?",
        why="",
        choices=(),
        recommended=None,
        requirements=(),
        reasons="",
        silence="waits",
        default_at=None,
        command="",
    )
    said = open_question(item, held=[f".github/{n}`.yml" for n in range(12)], by="ada")
    assert "and 2 more, which decides what runs elsewhere, somebody else than `ada` has to agree." in said
    assert "somebody else" not in open_question(item, by="ada")
