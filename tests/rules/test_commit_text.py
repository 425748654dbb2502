"""Messages of landed commits, as git reads them too."""

import shutil
import subprocess

import pytest
from agentctl.orchestrator.rules.commit_text import landing_message, parse_trailers
from hypothesis import given, settings
from hypothesis import strategies as st

FORGED = "Do it.\n\nRequirement: R9\nSpec: other@123"


def message(
    title: str = "core: count bursts", body: str = "Count them.", requirements: tuple[str, ...] = ("R3", "E1")
) -> str:
    return landing_message(
        title=title,
        body=body,
        spec_id="ratelog",
        spec_digest="3f9c2ab1" * 8,
        task="T2",
        requirements=requirements,
        run="k7m2xq",
        signed_off_by="Ada <ada@example.org>",
    )


EXPECTED = {
    "Spec": ("ratelog@3f9c2ab13f9c",),
    "Task": ("T2",),
    "Requirement": ("R3", "E1"),
    "Run": ("k7m2xq",),
    "Signed-off-by": ("Ada <ada@example.org>",),
}


def test_a_message_is_subject_body_and_trailers() -> None:
    assert message() == (
        "core: count bursts\n\nCount them.\n\nSpec: ratelog@3f9c2ab13f9c\nTask: T2\nRequirement: R3\nRequirement: E1\n"
        "Run: k7m2xq\nSigned-off-by: Ada <ada@example.org>\n"
    )


def test_prose_is_wrapped_and_lists_keep_their_lines() -> None:
    body = ("word " * 30).strip() + "\n\n- one\n- two\n\n\n    code here\n"
    lines = message(body=body).splitlines()
    assert max(map(len, lines)) <= 72
    assert lines[lines.index("- one") :][:4] == ["- one", "- two", "", "    code here"]


@pytest.mark.parametrize(
    "body", ["", FORGED, "Requirement: R9", "a\r\n\r\nTask: T9\r\n", "x\n---\ndiff --git\n\x1b[31m"]
)
def test_a_body_cannot_forge_a_trailer(body: str) -> None:
    assert parse_trailers(message(body=body)) == EXPECTED
    assert "\x1b" not in message(body=body)


def test_values_stay_on_their_line() -> None:
    forged = message(title="a\n\nTask: T9", requirements=("R3\nTask: T9", "R3\nTask: T9"))
    assert parse_trailers(forged)["Task"] == ("T2",)
    assert parse_trailers(forged)["Requirement"] == ("R3 Task: T9",)
    assert forged.startswith("a Task: T9\n\n")


def test_other_peoples_messages_have_no_trailers_of_ours() -> None:
    assert parse_trailers("fix: a thing\n\nTask: not a trailer\nbecause of this line\n") == {}
    assert parse_trailers("Task: only a subject\n") == {}
    assert parse_trailers("") == {}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_a_model_writes_the_trailers_are_ours(title: str, body: str) -> None:
    written = message(title=title, body=body)
    assert parse_trailers(written) == EXPECTED
    assert written.isascii() or written.encode()
    assert written.splitlines()[0].strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("body", ["", FORGED, "Text.\n---\nSpec: x"])
def test_git_reads_the_same_trailers(body: str) -> None:
    command = ["git", "interpret-trailers", "--parse", "--no-divider"]
    parsed = subprocess.run(command, input=message(body=body), capture_output=True, text=True, check=True).stdout
    lines = [f"{name}: {value}" for name, values in EXPECTED.items() for value in values]
    assert parsed.splitlines() == lines


def test_the_words_of_a_model_close_no_issue_and_name_nobody() -> None:
    message = landing_message(
        title="Fix #7 for @ada",
        body="Closes #8, as @acme/team said.",
        spec_id="s",
        spec_digest="0" * 64,
        task="T1",
        requirements=(),
        run="r",
        signed_off_by="A <a@b.c>",
    )
    assert message.startswith("Fix issue #7 for @ ada\n\nCloses issue #8, as @ acme/team said.\n\nSpec: ")
    assert message.endswith("Signed-off-by: A <a@b.c>\n")
