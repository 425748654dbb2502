"""Command-line tools as models: real programs that answer, fail, hang, fork and flood, and nothing left of any."""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import Caller, Caps
from agentctl.agents.models.command import CommandModel, environment
from agentctl.agents.models.command_process import MARK
from agentctl.agents.models.command_tools import TOOLS
from agentctl.agents.models.errors import (
    ContextOverflow,
    Disconnected,
    EmptyReply,
    KeyRefused,
    Malformed,
    ModelError,
    NotInstalled,
    QuotaExhausted,
    RateLimited,
    TimedOut,
)
from agentctl.agents.models.port import Message, Reply, Request, Usage
from agentctl.agents.models.profiles import tiers
from agentctl.agents.models.retry import TieredModel
from agentctl.agents.models.tiers import Deployment
from agentctl.orchestrator.brake import Brake, Draining
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.store.journal import Journal

from .commands import ASK, KEY, READ, Make, until


async def test_the_prompt_is_on_stdin_and_the_reply_on_stdout(make: Make) -> None:
    reply = await make(
        """
        import sys
        prompt = sys.stdin.read()
        assert "ünïcode" in prompt, prompt
        print("\\x1b[1mhello\\x1b[0m ünï")
        """
    ).complete(KEY, ASK)
    assert (reply.text, reply.calls, reply.usd, reply.model) == ("hello ünï", (), None, "command/tool")
    assert reply.usage.estimated
    assert reply.usage.prompt > 0


async def test_a_prompt_may_be_an_argument_or_a_file(make: Make) -> None:
    echo = 'import sys; assert sys.stdin.read() == ""; print("ünïcode" in open(sys.argv[1]).read())'
    in_file = await make(echo, args=("{prompt_file}",)).complete(KEY, ASK)
    given = await make('import sys; print("ünïcode" in sys.argv[1], sys.stdin.read())', args=("{prompt}",)).complete(
        KEY, ASK
    )
    assert (in_file.text, given.text.strip()) == ("True", "True")
    long = Request(tier="flash", messages=(Message(role="user", text="x" * 140_000),))
    with pytest.raises(ContextOverflow, match="prompt_file"):
        await make("print(1)", args=("{prompt}",)).complete(KEY, long)


async def test_tool_calls_come_by_the_text_protocol(make: Make) -> None:
    reply = await make("print('I look.\\n\\n@tool read\\npath: a.py\\n@end')").complete(
        KEY, Request(tier="flash", messages=ASK.messages, tools=(READ,))
    )
    assert [(call.name, call.arguments, call.error) for call in reply.calls] == [("read", {"path": "a.py"}, "")]


async def test_json_is_found_in_prose_and_judged_by_its_schema(make: Make) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = Request(tier="flash", messages=ASK.messages, schema=schema)
    reply = await make("""print('Sure!\\n```json\\n{"n": 3}\\n```\\nAnything else?')""").complete(KEY, request)
    assert json.loads(reply.text) == {"n": 3}
    with pytest.raises(Malformed, match="n"):
        await make("""print('{"n": "three"}')""").complete(KEY, request)


async def test_it_works_in_an_empty_folder_of_its_own_that_is_gone_afterwards(make: Make) -> None:
    reply = await make(
        "import os; open('mess', 'w').write('x'); print(os.getcwd(), sorted(os.listdir()), os.environ['TMPDIR'])"
    ).complete(KEY, ASK)
    folder, rest = reply.text.split(" ", 1)
    assert rest.startswith("['mess'] ")
    assert not Path(folder).exists()
    assert not Path(folder).is_relative_to(Path.cwd())
    assert not Path(rest.split()[-1]).exists()


async def test_only_allowed_variables_reach_it(make: Make) -> None:
    environ = {
        "HOME": "/home/me",
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "DISPLAY": ":0",
        "ANTHROPIC_API_KEY": "sk-secret",
        "HOUSE_TOKEN": "t",
        "HOUSE_URL": "u",
    }
    reply = await make(
        "import json, os; print(json.dumps(dict(os.environ)))", environ=environ, env=("HOUSE_*",)
    ).complete(KEY, ASK)
    seen = json.loads(reply.text)
    assert seen.keys() - {"LC_CTYPE"} == {
        *("HOME", "PATH", "LC_ALL", "HOUSE_TOKEN", "HOUSE_URL", "NO_COLOR", "TERM", "TMPDIR", MARK)
    }


def test_a_known_tool_has_the_variables_of_its_login_and_no_key() -> None:
    claude = tiers("claude-cli", environ={}).flash[0]
    environ = {"CLAUDE_CONFIG_DIR": "/c", "ANTHROPIC_API_KEY": "sk-secret", "CODEX_HOME": "/x", "PATH": "/bin"}
    given = environment(claude, environ)
    assert given == {
        "CLAUDE_CONFIG_DIR": "/c",
        "PATH": "/bin",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "DISABLE_AUTOUPDATER": "1",
    }


async def test_a_tool_that_is_not_there_is_said_with_what_to_do() -> None:
    own = Deployment(model="command/nobody", price=None, command=("/nowhere/nobody",))
    with pytest.raises(NotInstalled, match="correct `command`") as missing:
        await CommandModel(own, clock=SystemClock()).complete(KEY, ASK)
    assert missing.value.exit_code == 4
    claude = tiers(
        "claude-cli", environ={}, overrides={"flash": [{"model": "claude-cli/haiku", "command": ["/nowhere/claude"]}]}
    ).flash[0]
    with pytest.raises(NotInstalled, match=r"npm install .* log in with `claude auth login`"):
        await CommandModel(claude, clock=SystemClock()).complete(KEY, ASK)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Invalid API key · Please run /login", KeyRefused),
        ("exceeded retry limit, last status: 401 Unauthorized, request id: 99", KeyRefused),
        ("You've hit your usage limit. Upgrade to Pro or try again at 6:44 PM.", QuotaExhausted),
        ("You have exhausted your daily quota on this model.", QuotaExhausted),
        ("API Error: 429 rate limit reached, slow down", RateLimited),
        ("Prompt is too long", ContextOverflow),
        ("Segmentation fault of a sort", Disconnected),
        ("", Disconnected),
    ],
)
async def test_what_it_says_of_its_failure_is_understood(make: Make, said: str, kind: type[ModelError]) -> None:
    with pytest.raises(kind) as raised:
        await make(f"import sys; print('half a reply'); sys.stderr.write({said!r}); sys.exit(3)").complete(KEY, ASK)
    assert type(raised.value) is kind
    assert not said or said[:20] in str(raised.value)


async def test_a_reply_that_speaks_of_limits_is_a_reply(make: Make) -> None:
    reply = await make("print('Please run /login: usage limit reached, 401')").complete(KEY, ASK)
    assert reply.text.startswith("Please run /login")


async def test_nothing_printed_is_an_empty_reply(make: Make) -> None:
    with pytest.raises(EmptyReply):
        await make("pass").complete(KEY, ASK)


async def test_a_tool_that_asks_for_a_login_is_not_waited_for(make: Make) -> None:
    body = """
        import sys, time
        sys.stderr.write("Opening authentication page in your browser. Do you want to continue? [Y/n]: ")
        sys.stderr.flush()
        time.sleep(600)
        """
    with pytest.raises(KeyRefused, match="not logged in"):
        await make(body, idle_seconds=300.0, total_seconds=300.0).complete(KEY, ASK)


LOGIN = "The form says: Enter your password. Who is unauthorized sees 401."


@pytest.mark.parametrize("echo", ["prompt", "'> ' + prompt.replace('\\n', '\\n> ')", "'x' * 30_000 + prompt"])
async def test_a_prompt_that_a_tool_echoes_asks_for_no_login(make: Make, tmp_path: Path, echo: str) -> None:
    """It goes on when it sees that its echo was read, and nobody ended it for that."""
    go = tmp_path / "go"
    body = f"""
        import pathlib, sys, time
        prompt = sys.stdin.read()
        print({echo}, file=sys.stderr, flush=True)
        while not pathlib.Path({str(go)!r}).exists():
            time.sleep(0.01)
            print(".", file=sys.stderr, flush=True)
        print("hello")
        """
    asked = Request(tier="flash", messages=(Message(role="user", text=LOGIN),))
    call = asyncio.create_task(make(body).complete(KEY, asked))
    await asyncio.wait({call}, timeout=0.5)
    go.touch()
    assert (await call).text == "hello"


@pytest.mark.parametrize(
    ("then", "fields", "kind"),
    [("time.sleep(600)", {"idle_seconds": 1.0}, TimedOut), ("sys.exit(3)", {}, Disconnected)],
)
async def test_neither_a_prompt_nor_half_a_reply_says_why_a_tool_was_ended(
    make: Make, then: str, fields: dict[str, float], kind: type[ModelError]
) -> None:
    body = f"""
        import sys, time
        print("user:", sys.stdin.read(), "I begin.", sep="\\n", file=sys.stderr, flush=True)
        print("Open this link, then visit this url: it says 'please log in', 401.", flush=True)
        {then}
        """
    asked = Request(tier="flash", messages=(Message(role="user", text=LOGIN),))
    with pytest.raises(kind) as raised:
        await make(body, **fields).complete(KEY, asked)
    assert type(raised.value) is kind


async def test_what_a_tool_asked_long_before_it_went_on_is_not_what_it_waits_for(make: Make) -> None:
    body = """
        import sys, time
        print("To sign in, use another window. You are signed in.", "y" * 500, file=sys.stderr, flush=True)
        time.sleep(0.2)
        print("hello")
        """
    assert (await make(body).complete(KEY, ASK)).text == "hello"


CLAUDE = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "hello",
    "usage": {"input_tokens": 3, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 50, "output_tokens": 7},
    "total_cost_usd": 0.01,
}
CODEX = [
    {"type": "thread.started", "thread_id": "t"},
    {"type": "item.completed", "item": {"id": "0", "type": "reasoning", "text": "hm"}},
    {"type": "item.completed", "item": {"id": "1", "type": "agent_message", "text": "hello"}},
    {"type": "turn.completed", "usage": {"input_tokens": 20, "cached_input_tokens": 5, "output_tokens": 9}},
]
GEMINI = {
    "response": "hello",
    "stats": {"models": {"m": {"tokens": {"prompt": 30, "candidates": 4, "cached": 8, "thoughts": 2}}}},
}


@pytest.mark.parametrize(
    ("output", "printed", "usage"),
    [
        ("claude", json.dumps(CLAUDE), Usage(prompt=153, completion=7, cached=50)),
        ("claude", json.dumps([{"type": "system"}, CLAUDE]), Usage(prompt=153, completion=7, cached=50)),
        ("codex", "\n".join(map(json.dumps, CODEX)), Usage(prompt=20, completion=9, cached=5)),
        ("gemini", "Loaded cached credentials.\n" + json.dumps(GEMINI), Usage(prompt=30, completion=6, cached=8)),
    ],
)
async def test_the_json_of_the_known_tools_tells_what_was_used(
    make: Make, output: str, printed: str, usage: Usage
) -> None:
    reply: Reply = await make(f"print({printed!r})", output=output).complete(KEY, ASK)
    assert (reply.text, reply.usage, reply.usd) == ("hello", usage, None)


@pytest.mark.parametrize(
    ("output", "printed", "code", "kind"),
    [
        ("claude", json.dumps({**CLAUDE, "is_error": True, "result": "Please run /login"}), 1, KeyRefused),
        (
            "claude",
            json.dumps({**CLAUDE, "is_error": True, "result": "Claude AI usage limit reached"}),
            0,
            QuotaExhausted,
        ),
        ("claude", json.dumps(CLAUDE)[:40], 0, Disconnected),
        ("claude", "[]", 0, Disconnected),
        ("codex", json.dumps({"type": "turn.failed", "error": {"message": "429 Too Many Requests"}}), 1, RateLimited),
        ("codex", json.dumps(CODEX[2]), 0, Disconnected),
        ("gemini", json.dumps({"error": {"message": "Please set an Auth method"}}), 41, KeyRefused),
        ("gemini", "", 0, EmptyReply),
    ],
)
async def test_the_json_of_the_known_tools_tells_what_went_wrong(
    make: Make, output: str, printed: str, code: int, kind: type[ModelError]
) -> None:
    with pytest.raises(kind) as raised:
        await make(f"import sys; print({printed!r}); sys.exit({code})", output=output).complete(KEY, ASK)
    assert type(raised.value) is kind


async def test_a_reply_without_use_is_asked_for_once_more(make: Make, tmp_path: Path) -> None:
    count = tmp_path / "count"
    model = make(
        f"""
        import pathlib
        count = pathlib.Path({str(count)!r})
        n = int(count.read_text()) if count.exists() else 0
        count.write_text(str(n + 1))
        print("good" if n else "")
        """
    )
    deployment = model._deployment
    tiered = TieredModel(
        tiers("command", environ={}, overrides={"flash": {"command": list(deployment.command)}}),
        lambda each: CommandModel(each, clock=SystemClock()),
        clock=SystemClock(),
        random=random.Random(1),
    )
    reply = await tiered.complete(KEY, ASK)
    assert (reply.text, count.read_text()) == ("good", "2")


async def test_no_more_of_them_run_at_once_than_the_settings_say(make: Make, tmp_path: Path) -> None:
    """Each counts its living siblings by lock files; with a limit of two no third is ever seen."""
    body = f"""
        import os, pathlib, time
        here = pathlib.Path({str(tmp_path)!r}) / f"running-{{os.getpid()}}"
        here.write_text("")
        time.sleep(0.1)
        print(len(list(here.parent.glob("running-*"))))
        here.unlink()
        """
    command = list(make(body)._deployment.command)
    tiered = TieredModel(
        tiers("command", environ={}, overrides={"flash": {"command": command, "concurrency": 2}}),
        lambda each: CommandModel(each, clock=SystemClock()),
        clock=SystemClock(),
        random=random.Random(1),
        brake=Brake(),
    )
    replies = await asyncio.gather(*(tiered.complete(KEY, ASK) for _ in range(6)))
    assert max(int(reply.text) for reply in replies) == 2


def test_the_profiles_run_the_tools_without_tools_of_their_own() -> None:
    claude, codex, gemini = (tiers(name, environ={}).pro[0] for name in TOOLS)
    assert claude.command[-2:] == ("--model", "sonnet")
    assert claude.command[claude.command.index("--tools") + 1] == ""
    assert codex.command[-1] == "-"
    assert {"--ephemeral", "read-only", "shell_tool"} < set(codex.command)
    assert (gemini.command[gemini.command.index("--approval-mode") + 1], gemini.command[-1]) == ("default", "pro")
    assert all(each.price is None and each.tools == "text" for each in (claude, codex, gemini))


def test_a_tier_of_another_profile_may_be_a_command() -> None:
    mixed = tiers(
        "gemini",
        environ={},
        overrides={"flash": "claude-cli/haiku", "pro": {"command": ["my-tool", "-x"], "total_seconds": 60}},
    )
    assert (mixed.flash[0].command[0], mixed.flash[0].output) == ("claude", "claude")
    assert (mixed.pro[0].model, mixed.pro[0].command, mixed.pro[0].total_seconds) == (
        *("command/my-tool", ("my-tool", "-x"), 60),
    )


async def test_a_drained_run_waits_for_a_tool_that_is_answering_and_asks_no_more(make: Make, tmp_path: Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    command = list(
        make(
            f"""
            import pathlib, time
            pathlib.Path({str(begun)!r}).touch()
            while not pathlib.Path({str(go)!r}).exists():
                time.sleep(0.01)
            print("in time")
            """
        )._deployment.command
    )
    brake = Brake()
    chosen = tiers("command", environ={}, overrides={"flash": {"command": command}})
    tiered = TieredModel(
        chosen,
        lambda each: CommandModel(each, clock=SystemClock()),
        clock=SystemClock(),
        random=random.Random(1),
        brake=brake,
    )
    with Journal(None, clock=SystemClock(), redact=str) as journal:
        caps = Caps(run_usd=1.0, planning_usd=1.0)
        caller = Caller(tiered, journal, brake=brake, caps=caps, price=chosen.reservation, finishes=True)
        answering = asyncio.create_task(caller.complete(KEY, ASK))
        await until(begun.exists)
        brake.pull()
        quiet = asyncio.create_task(brake.quiet())
        await asyncio.wait({quiet}, timeout=0.05)
        assert not quiet.done()
        go.touch()
        await quiet
        assert (await answering).text == "in time"
        with pytest.raises(Draining):
            await caller.complete(CallKey(attempt=AttemptKey(task="T2"), role="worker", turn=0), ASK)
