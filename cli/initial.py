"""`agentctl init`: a first agentctl.toml from what the repository shows, every setting with its default."""

import argparse
import asyncio
import os
from collections.abc import Iterator, Sequence

from ..agents.models.profiles import detect
from ..orchestrator.errors import RepositoryError, UsageError
from ..orchestrator.git import location
from ..tui.clean import clean, clean_lines
from .baseline import Baseline, measure
from .checkup import told
from .health import examine
from .output import emit, say
from .parts import Part, parts_of
from .repository import locate
from .settings import FILE
from .tomltext import quoted
from .tools_here import named

_BODY = """\
# Who answers: auto (the first that is found), gemini, anthropic, openai, openrouter, ollama, desk, replay; or a tool
# you are logged into, which is never chosen by auto: claude-cli, codex-cli, gemini-cli, command (docs/outside.md).
{profile}

# When to ask you: ask-always, ask-blocking, never. Plans, budgets and policy always wait for you.
# autonomy = "ask-blocking"

# What is tried in turn when a task fails: flash, pro, ultra, each with *2 to *8 for parallel tries, and ask.
# ladder = ["flash", "pro"]

# Who reads green patches before they land: on, advise (its word is kept and holds nothing up), off.
# critic = "on"

# Whether leads write stubs and locked tests before their teams begin, where the spec does not say it all.
# contracts = true

# Whether leads see workers' questions before you do, and answer those that the spec settles, with a quote.
# lead_answers = true

# How often a worker may ask its lead for advice in one attempt.
# advice = 1

# For how many days the attempts of a run that is over stay behind their refs, before `agentctl gc` drops them.
# keep_days = 30

# When a run follows the branch it began on by itself: never, at-end, continuous.
# follow = "never"

# Commands that every patch must pass, judged by their exit code. They come beside the tests, which are run one by one
# by pytest, vitest, jest, node, go and cargo as the repository configures them; tests of any other kind belong here.
{gate}

# Which of those runners, where they shall not be found by looking:
# test = [{{ runner = "vitest", folder = "web" }}]

# Or, instead of commands, [[gate]] parts for what concerns them; every so many landings all judge: docs/gate.md
# whole_every = 10
# affected_first = 200         # from so many tests on, a worker's test run begins with those near its change; 0: never

# What the tests need beside the tree; it is started for each run of the gate, inside its sandbox: docs/gate.md
# services = [{{ name = "redis", command = "exec redis-server --port {{port}}", env = {{ REDIS_PORT = "{{port}}" }} }}]

[limits]
# workers = 16         # model calls at once
# gates = 2            # test runs at once
# usd = 5.0            # the run's cap in dollars
# planning_usd = 0.5   # the planner's part of it
# turns = 24           # model calls in one attempt
# repairs = 4          # red gates in one attempt

[workspace]
# setup = "uv sync --frozen"   # how the environment is built; found by looking at the manifests if not set
# sandbox = "auto"             # auto, bwrap, landlock, seatbelt, docker, podman; none runs what a model wrote as you
# env = {{ STAGE = "test" }}     # variables of every command in a workspace, and no secrets: docs/gate.md
# env_file = ".env"            # a file with them, where git ignores it

[egress]
# allow = ["packages.example.org", "files.example.org"]   # the only hosts that setting up may reach; otherwise any

[commit]
# author = "Name <address>"    # default: who git is configured with
# sign_off = false
# sign = false

[asking]
# per_hour = 6         # questions of workers that interrupt you; what is less urgent waits for the digest
# wait_minutes = 0     # how long a question with a default waits for you before that is taken

[guides]
# paths = []                         # folders with advice of your own, such as "docs/guides"; AGENTS.md is read anyway
# lessons = "agentctl.lessons.md"    # what `agentctl lessons approve` writes to

[notify]                             # who is told, while you are away, that you are needed: docs/notify.md
# webhook = "https://ntfy.example.org/me"      # or several; signed by the secret in the variable below
# secret_env = "AGENTCTL_NOTIFY_SECRET"
# slack_env = "SLACK_WEBHOOK_URL"    # the variable with the address of a Slack webhook
# desktop = false                    # notify-send or osascript
# quiet = "22:00-07:00"              # tell nothing then; what came up is one digest in the morning
# digest_minutes = 60                # held questions are told at most that often
# answers = false                    # take signed answers; with the two below, also from Slack
# slack_signing_env = "SLACK_SIGNING_SECRET"
# slack_users = ["U012AB3CD"]        # who may answer there

[policy]                             # what holds once it is committed, whoever starts a run: docs/policy.md
# usd_per_run = 5.0                  # no flag, front matter or person raises a run's cap above it
# providers = ["anthropic"]          # whose models may be asked; all, where none is named
# never_send = ["**/*.pem"]          # files that no model is shown

[models]
# Deployments that take the place of the profile's, best first, such as:
# flash = ["gemini/gemini-3.8-flash"]
# pro = "ollama_chat/qwen3-coder:30b"
# flash = {{command = ["my-tool", "--its-flag"]}}   # any program: prompt on stdin, reply on stdout
"""


def init(args: argparse.Namespace) -> int:
    """Look at the repository, measure, write the file, and say what to do next.

    Raises:
        UsageError: there is an agentctl.toml already, and --force was not given.
        RepositoryError: the repository is bare: it has no place for the file.
    """
    root = locate(args.repo)
    if location.locate(root).bare:
        raise RepositoryError(f"{root} is a bare repository: stand in a checkout of it (`git worktree add`).")
    path = root / FILE
    if os.path.lexists(path) and not args.force:
        raise UsageError(f"{path} exists already: edit it, or overwrite it with --force.")
    if path.is_symlink():
        raise UsageError(f"{path} is a symbolic link: remove it first.")
    parts = parts_of(root)
    if not args.no_measure and any(part.command for part in parts):
        say(f"running the tests in the sandbox, for at most {args.measure:g} s ...")
    baselines = () if args.no_measure else asyncio.run(measure(root, parts, seconds=args.measure))
    path.write_text(render(parts, baselines), encoding="utf-8")
    _tell(parts, baselines, repo=args.repo)
    emit([str(path)])
    return 0


def _tell(parts: Sequence[Part], baselines: Sequence[Baseline], *, repo: str | None) -> None:
    for line in _found(parts, baselines):
        say(line)
    for problem in dict.fromkeys(baseline.problem for baseline in baselines):
        for line in clean_lines(problem).splitlines()[1:]:
            say(f"  {line}")
    checks = [check for check in asyncio.run(examine(repo)) if check.state != "fine"]
    for check in checks:
        for line in told(check):
            say(line)
    if tools := named() if detect(os.environ, probe=True) is None else ():
        say(f"no key was found, but {tools[0].title} is installed: agentctl run spec.md --profile {tools[0].name}")
    failing = any(check.state == "fails" for check in checks)
    say("next: mend what fails above, then agentctl run spec.md" if failing else "next: agentctl run spec.md")


def render(parts: Sequence[Part], baselines: Sequence[Baseline]) -> str:
    """The file's text; what was found stands above the settings as comments."""
    head = ["# agentctl.toml: how agentctl works in this repository. What is commented out is the default.", "#"]
    head += [f"# {line}" for line in _found(parts, baselines)]
    others = [part.command for part in parts if part.language != "Python" and not part.by_id and part.command]
    gate = f"gate = [{', '.join(map(quoted, others))}]" if others else '# gate = ["ruff check ."]'
    return "\n".join(head) + "\n\n" + _BODY.format(gate=gate, profile=_profile())


def _profile() -> str:
    """The line of the profile; where there is no key, it offers the tool that somebody here may be logged into."""
    tools = named() if detect(os.environ, probe=True) is None else ()
    if not tools:
        return '# profile = "auto"'
    return f'# profile = "{tools[0].name}"   # no key was found, and {tools[0].title} is installed here'


def _found(parts: Sequence[Part], baselines: Sequence[Baseline]) -> Iterator[str]:
    said = {baseline.command: baseline for baseline in baselines}
    for part in parts:
        how = part.test or "no test command found"
        measured = f", {said[part.command]}" if part.command in said else ""
        yield clean(f"{part.folder}: {part.language}, {how}{measured}")
    if not parts:
        yield "no manifest of a known language was found; tests are looked for with pytest"
