from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentctl.agents.desk.inbox import Inbox, Prompt
from agentctl.agents.digest import dump_request
from agentctl.agents.models.port import Message, Request
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey

Command = Callable[..., Any]


def laid(folder: Path) -> Prompt:
    key = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
    request = Request(messages=(Message(role="user", text="go"),), tier="flash")
    return Inbox(folder / "desk").put(
        Prompt(id="p1", run="k7m2xq", key=key, team="", at=1.0, tier="flash", request_json=dump_request(request))
    )


def test_a_desk_whose_prompts_are_all_claimed_says_who_is_at_them(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    assert agentctl("desk", "next", "--wait", "0").err == "no prompt waits\n"
    laid(run.folder.path)
    assert agentctl("desk", "next", "--as", "Bob").code == 0
    done = agentctl("desk", "next", "--wait", "0")
    assert (done.code, done.out, done.err.splitlines()) == (
        1,
        "",
        ["no prompt waits for you; those that are there:", "  p1: Bob is at it"],
    )


def test_an_answer_that_cannot_be_read_is_told_in_words(agentctl: Command, new_run: Command, repo: Path) -> None:
    laid(new_run().folder.path)
    assert agentctl("desk", "reply", "p1", "none.md").err == (
        "agentctl: none.md cannot be read as an answer: No such file or directory.\n"
    )
    (repo / "latin.md").write_bytes(b"caf\xe9")
    assert agentctl("desk", "reply", "p1", "latin.md").err == (
        "agentctl: latin.md cannot be read as an answer: it is not UTF-8.\n"
    )
