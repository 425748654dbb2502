"""What a comment tells the bot: each command as it is written, what is nearly one, and what is none."""

import pytest
from agentctl.orchestrator.rules.said import LONGEST, MOST, WORDS, Heard, Said, heard, said
from hypothesis import example, given
from hypothesis import strategies as st


def told(text: str) -> tuple[str, ...]:
    return tuple(each.words for each in heard(text).unclear)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/agentctl run", Said(word="run")),
        ("/agentctl  RUN.", Said(word="run")),
        ("@agentctl run", Said(word="run")),
        ("@agentctl[bot], run", Said(word="run")),
        ("  /agentctl run", Said(word="run")),
        ("\ufeff/agentctl run\u200b", Said(word="run")),
        ("/agentctl\u00a0run", Said(word="run")),
        ("/agentctl", Said(word="help")),
        ("/agentctl run specs/a.md", Said(word="run", args=("specs/a.md",))),
        ("/agentctl run `specs/a.md`.", Said(word="run", args=("specs/a.md",))),
        ('/agentctl run "my specs/a b.md"', Said(word="run", args=("my specs/a b.md",))),
        ("/agentctl run --budget 3.50", Said(word="run", options={"budget": "3.50"})),
        ("/agentctl run --budget=$3", Said(word="run", options={"budget": "3"})),
        ("/agentctl run \u2014budget 3", Said(word="run", options={"budget": "3"})),
        ("/agentctl run --autonomy never a.md", Said(word="run", args=("a.md",), options={"autonomy": "never"})),
        ("/agentctl plan --at ABCDEF1", Said(word="plan", options={"at": "abcdef1"})),
        ("/agentctl approve!", Said(word="approve")),
        ("/agentctl refuse \u201ctoo many tasks\u201d", Said(word="refuse", args=("too many tasks",))),
        ("/agentctl refuse too many, please", Said(word="refuse", args=("too many, please",))),
        ("/agentctl retry t3 --rung pro", Said(word="retry", args=("T3",), options={"rung": "pro"})),
        ("/agentctl cancel", Said(word="cancel")),
        ("/agentctl cancel T3.", Said(word="cancel", args=("T3",))),
        ("/agentctl explain R12", Said(word="explain", args=("R12",))),
        ("/agentctl undo T3", Said(word="undo", args=("T3",))),
        ("/agentctl answer q3: 2.", Said(word="answer", args=("Q3", "2"))),
        ("/agentctl answer Q3 keep `a` as it is.", Said(word="answer", args=("Q3", "keep `a` as it is."))),
        ("/agentctl budget +5", Said(word="budget", args=("+5",))),
        ("/agentctl budget to $12.50", Said(word="budget", args=("to 12.50",))),
        ("/agentctl status <!-- nothing -->", Said(word="status")),
    ],
)
def test_each_command_is_read_as_it_is_written(text: str, command: Said) -> None:
    assert heard(text) == Heard(commands=(command,))


@pytest.mark.parametrize(
    "text",
    [
        "please /agentctl run",
        "> /agentctl run",
        "    /agentctl run",
        "\t/agentctl run",
        "- /agentctl run",
        "`/agentctl run`",
        "```\n/agentctl run\n```",
        "~~~sh\n/agentctl run",
        "````\n```\n/agentctl run\n````",
        "<!-- \n/agentctl run\n-->",
        "<!--\n\n/agentctl run",
        "<!-- x --> /agentctl run",
        "talk <!--\n/agentctl run --> more",
        "<pre>\n/agentctl run\n</pre>",
        "see <code>\n/agentctl run\n</code>",
        "> a\r/agentctl run",
        "> a\u2028/agentctl run",
        "> a\x0b/agentctl run",
        "> a\x85/agentctl run",
        "/agentctl-run",
        "/agentctls",
        "@agentctl thank you",
        "@agentctl",
        "mail me at x@agentctl run",
        "/deploy now",
        "",
    ],
)
def test_what_is_code_quoted_hidden_or_talk_is_no_command(text: str) -> None:
    heard_ = heard(text)
    assert heard_.commands == ()
    assert text in ("/agentctl-run", "/agentctls") or heard_ == Heard()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/agentctl rnu", "did you mean `/agentctl run`?"),
        ("/agentctl fly", "known are run,"),
        ("/agentclt run", "Commands begin with `/agentctl`."),
        ("> do it\n/agentctl run", "put an empty line between"),
        ("/agentctl run --force", "`--force` is no option of `run`"),
        ("/agentctl plan --autonomy never", "is no option of `plan`"),
        ("/agentctl run --budget", "needs a value"),
        ("/agentctl run --budget 1 --budget 2", "stands there twice"),
        ("/agentctl run --budget 3,50", "is no amount"),
        ("/agentctl run --budget inf", "is no amount"),
        ("/agentctl run --budget 0", "is no amount"),
        ("/agentctl run --autonomy yolo", "choose ask-always"),
        ("/agentctl run a.md b.md", "One spec at a time"),
        ("/agentctl run ../../etc/passwd.md", "is no spec"),
        ("/agentctl run /etc/motd.md", "is no spec"),
        ("/agentctl run .github/a.md", "is no spec"),
        ("/agentctl run --upload-pack=x", "is no option"),
        ("/agentctl run a.py", "is no spec"),
        ("/agentctl run --at main", "is no commit"),
        ("/agentctl approve it", "takes nothing more"),
        ("/agentctl refuse", "Say why"),
        ("/agentctl retry", "takes one id"),
        ("/agentctl retry T1 T2", "takes one id"),
        ("/agentctl retry T3 --rung ask", "is no rung"),
        ("/agentctl answer 2", "Name the question"),
        ("/agentctl answer Q3", "Name the question"),
        ("/agentctl budget lots", "is no amount"),
        ("/agentctl budget -5", "is no amount"),
        ("/agentctl status now", "takes nothing more"),
        ("/agentctl r\u200bun", "cannot be seen"),
        ("/agentctl run \u202ea.md", "cannot be seen"),
        (f"/agentctl refuse {'x' * LONGEST}", "at most"),
    ],
)
def test_what_is_nearly_a_command_is_told(text: str, words: str) -> None:
    assert said(text) == ()
    assert words in " ".join(told(text))


def test_a_comment_with_one_unclear_command_obeys_none() -> None:
    text = "/agentctl status\n\n/agentctl rnu"
    assert heard(text).commands == ()
    assert [each.line for each in heard(text).unclear] == [3]


def test_commands_stand_between_words_with_any_line_ends() -> None:
    text = "Hello\r\n/agentctl answer Q1 2\r\n\r\n> quoted\r\n\r\n/agentctl status\r\nBye"
    assert [(each.word, each.line) for each in said(text)] == [("answer", 2), ("status", 6)]


def test_more_commands_than_a_comment_may_hold_are_none() -> None:
    assert len(said("\n".join(["/agentctl status"] * MOST))) == MOST
    assert said("\n".join(["/agentctl status"] * (MOST + 1))) == ()


def test_what_is_told_repeats_no_markup() -> None:
    assert "@everyone" not in " ".join(told("/agentctl @everyone`<img>"))


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [*WORDS, "/agentctl", "@agentctl", "--budget", "--at", "T3", "Q1", "`", '"', "<!--", "-->"]
            ),
            st.sampled_from(["```", "> ", "\n", "\r\n", "<pre>", "\u202e", "\u200b", "=", "+", "to", " "]),
            st.text(max_size=8),
        ),
        max_size=30,
    ).map(" ".join)
)
@example("/agentctl " * 20_000)
@example("<!--" * 20_000)
@example("`" * 65_000)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    heard_ = heard(text)
    assert not (heard_.commands and heard_.unclear)
    assert len(heard_.commands) <= MOST
    assert all(each.word in WORDS for each in heard_.commands)
