"""SPF020: characters that are not shown, where nothing calls for them."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse

HEAD = "# a\n\n- **R1** It MUST print `1`.\n"


def findings(text: str) -> list[Finding]:
    return [finding for finding in lint(parse(text)) if finding.code == "SPF020"]


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\x1b", "U+001B control character"),
        ("\x7f", "U+007F control character"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE changes the order"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE changes the order"),
        ("\u200b", "U+200B ZERO WIDTH SPACE is not shown"),
        ("\u200d", "U+200D ZERO WIDTH JOINER is not shown"),
        ("\u00ad", "U+00AD SOFT HYPHEN is not shown"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE is not shown"),
    ],
)
def test_a_character_that_is_not_shown_is_named_where_it_stands(char: str, name: str) -> None:
    (found,) = findings(HEAD + f"- **R2** It MUST print no p{char}assword, no{char} key.\n")
    assert (found.severity, found.line, found.col) == ("warning", 4, 28)
    assert found.message.startswith(name)
    assert found.message.isascii()
    assert found.message.isprintable()


@pytest.mark.parametrize(
    "start", ["- **R\u200b2**", "- \u202e**R2**", "- **R2\u200d**", "\u2060- R2:", "### **\x1bR2**"]
)
def test_in_an_id_it_blocks(start: str) -> None:
    (found,) = findings(HEAD + f"\n{start} It MUST end.\n")
    assert found.severity == "error"
    assert "hides in an id" in found.message


@pytest.mark.parametrize(
    "words",
    [
        "\u0645\u06cc\u200c\u0631\u0648\u062f",  # Persian: a joiner parts what would be joined
        "\u0915\u094d\u200d\u0937",  # Devanagari
        "\U0001f469\u200d\U0001f4bb",  # an emoji of two
        "\u2764\ufe0f\u200d\U0001f525",
        "plain words, a tab\t and a form feed \x0c",
    ],
)
def test_what_a_script_calls_for_is_left_alone(words: str) -> None:
    assert findings(HEAD + f"- **R2** It MUST print {words} at its end.\n") == []


@pytest.mark.parametrize(
    ("fence", "body", "count"),
    [
        ("python R1", "assert a() == 1  # \u202e not ) ok", 1),
        ("console R1", "$ a --colour\n\x1b[31m1\x1b[0m", 0),
        ("text fixture tests/data/a.txt", "\u202eabc\u200b", 0),
        ("text", "a\u200bb", 0),
    ],
)
def test_in_code_only_the_order_counts_and_in_input_files_nothing(fence: str, body: str, count: int) -> None:
    assert len(findings(HEAD + f"\n```{fence}\n{body}\n```\n")) == count


def test_a_line_is_told_once_and_a_reason_silences_it() -> None:
    line = "- **R2** It MUST\u200b print\u200b no\x1b key.\n"
    assert len(findings(HEAD + line)) == 1
    assert findings(HEAD + f"<!-- lint: ignore SPF020 the key's own spelling -->\n{line}") == []


def test_many_of_them_are_read_to_their_end() -> None:
    assert len(findings(HEAD + "- **R2** It MUST end" + "\u200b" * 50_000 + " x\u200by" * 20_000 + "\n")) == 1
