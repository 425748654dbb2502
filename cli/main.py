"""The command `agentctl`: finds a command's module, runs it, and turns what is raised into messages and exit codes.

The only module that catches every exception. It imports argparse, os and sys and nothing else, so that `--help` costs
what argparse costs; a command's module is imported when the command is named, its heavy imports when it does its work.
"""

import argparse
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_LAST_STREAM = 2
_REPO = "the repository (default: the one you stand in)"
_OWN_REPO = {"demo": "the folder of the new repository (default: a temporary one)"}
GROUPS = {
    "Start": {
        "init": "look at the repository and write a commented agentctl.toml",
        "spec": "draft, format, compare or import a spec",
        "lint": "say what is wrong with a spec",
        "gate": "show that the gate of this repository can fail, and says the same twice: check",
        "plan": "cut a spec into tasks and stop before building",
        "run": "turn a spec into tested, merged commits",
        "batch": "build several specs, and end in one digest",
        "bot": "turn what is asked for on a forge into runs: serve, poll, status",
        "demo": "watch a recorded run in a new repository",
        "doctor": "say what works on this machine and what to install",
    },
    "Follow": {
        "status": "where a run stands",
        "runs": "the runs of this repository",
        "attach": "follow a run live, and answer its questions",
        "tui": "the dashboard: teams, inbox, tasks, trace, queue, report",
        "web": "the dashboard in a browser, on this machine's loopback",
        "inbox": "the questions that wait for a person",
        "answer": "answer one of them",
        "notify": "tell what was not told yet, or test who is told that you are needed",
        "assumptions": "what was decided without a person, and what is built on it",
        "events": "the event log of a run",
        "logs": "what a model was asked, what it replied, what its tools said",
        "show": "a plan, a task, a question, or an attempt",
        "diff": "the patch of a task, or of the whole run",
        "trace": "from each requirement to its tasks, commits and evidence",
        "queue": "the merge queue, and what has landed",
        "report": "what was asked, decided and landed, with evidence and cost",
        "brief": "one page for a colleague who joins a run",
        "verify": "which requirements a commit meets, and what shows it",
        "why": "which requirement, question and prompt a line comes from",
    },
    "Deliver": {
        "deliver": "cut what a run built into branches and texts that a person reviews",
        "pr": "a run's pull requests: open, update, status",
    },
    "Steer": {
        "resume": "go on with a run that stopped",
        "cancel": "end a run, or one of its tasks",
        "steer": "say one sentence to whoever works on a task",
        "pause": "begin no new model call for a task, or for a run",
        "unpause": "let it go on",
        "prefer": "serve a task, and what it waits for, before the others",
        "retry": "end the present attempt at a task and begin the next",
        "take": "go on with a task by hand, in a work tree of its own",
        "submit": "hand in a task that you took, through the same gate",
        "budget": "what is spent of the cap, and more of it",
        "autonomy": "how much is decided without you, by everyone or one team",
        "amend": "add a requirement to a run, and a task for it",
        "revert": "take back what a task landed, through the same gate",
        "follow": "bring what the base branch has by now into a run, through the same gate",
        "give-back": "leave a task that you took to its ladder again",
        "pack": "put a run into one file, to be read or resumed elsewhere",
        "unpack": "take up a run that was packed in another clone",
        "desk": "answer prompts by hand: next, reply, serve",
        "guides": "the advice that workers get: list, show, match, lint",
        "lessons": "what went wrong and was put right: list, show, approve, reject, edit",
        "gc": "take away what ended and killed runs left behind",
        "completion": "print a completion script for bash, zsh or fish",
    },
}
"""Every command and its summary, in the order of the help."""

EXIT_CODES = """\
exit codes:
  0 done    1 failed    2 wrong usage, spec, settings or repository    3 waiting for a person
  4 no model or no key    5 budget reached    6 a requirement is not met, lint found errors, or the gate is not proven
  130 interrupted"""


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command and return its exit code; ``argv`` defaults to the process's arguments."""
    try:
        _open_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has already said why
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001 - the outermost door
        return _explain(error)
    return code


def _open_closed() -> None:
    """Who starts us may have closed a standard stream: no file of ours gets its number, and its words go nowhere."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= _LAST_STREAM:
        os.set_inheritable(null, True)
    os.close(null)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for our whole life


def _dispatch(argv: "list[str]") -> int:
    if not argv or argv[0].startswith("-"):
        top = _top_parser()
        top.parse_args(argv)
        top.print_usage(sys.stderr)
        sys.stderr.write("Start with `agentctl run spec.md`, or see `agentctl --help`.\n")
        return 2
    name, *rest = argv
    if not any(name in group for group in GROUPS.values()):
        return _unknown(name)
    command = load(name)
    code: int = command.main(parser(name, command).parse_args(rest))
    return code


def load(name: str) -> "ModuleType":
    """The module of a command; raises ModuleNotFoundError for a name that is not in `GROUPS`."""
    import importlib

    return importlib.import_module(f".commands.{name.replace('-', '_')}", __package__)


def parser(name: str, command: "ModuleType") -> argparse.ArgumentParser:
    """The parser of one command, with the options that every command takes."""
    summary = next(group[name] for group in GROUPS.values() if name in group)
    result = argparse.ArgumentParser(
        prog=f"agentctl {name}",
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    command.arguments(result)
    common(result, repo=_OWN_REPO.get(name, _REPO))
    return result


def common(parser: argparse.ArgumentParser, *, repo: str = _REPO) -> None:
    """Declare the options that every command takes; ``repo`` is what is said of the repository."""
    parser.add_argument("--repo", metavar="DIR", help=repo)
    parser.add_argument("--no-input", action="store_true", help="never ask on the terminal")


def _top_parser() -> argparse.ArgumentParser:
    lines = ["commands:"]
    for title, group in GROUPS.items():
        lines.append(f"  {title}")
        lines += [f"    {name:<12}{summary}" for name, summary in group.items()]
    result = argparse.ArgumentParser(
        prog="agentctl",
        usage="agentctl COMMAND [...]",
        description="A crisp markdown spec in, tested and merged commits out.",
        epilog="\n".join([*lines, "", "`agentctl COMMAND --help` says what a command takes.", "", EXIT_CODES]),
        formatter_class=_Help,
        allow_abbrev=False,
    )
    result.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    return result


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal.

    argparse makes one of these for each option that is declared, and would ask shutil for the width, whose import
    costs half of what argparse does.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """The width of the terminal as `shutil.get_terminal_size` tells it: COLUMNS, else the terminal's own, else 80."""
    import os

    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except (OSError, ValueError):
        return 80


class _Version(argparse.Action):
    """`--version`, without reading the version before anyone asks."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from .. import __version__

        sys.stdout.write(f"agentctl {__version__}\n")
        parser.exit(0)


def _unknown(name: str) -> int:
    import difflib

    from ..tui.clean import clean

    near = difflib.get_close_matches(name, [n for group in GROUPS.values() for n in group], n=1)
    hint = f"did you mean `agentctl {near[0]}`?" if near else "see `agentctl --help`."
    sys.stderr.write(f"agentctl: there is no command `{clean(name)}`: {hint}\n")
    return 2


def _reader_left() -> int:
    """Whoever read our output has enough, as `| head` does; that is no failure of ours."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _explain(error: Exception) -> int:
    """Say what was raised: our own errors in their words, anything else in one line that names the saved traceback."""
    from ..orchestrator.errors import AgentctlError
    from ..tui.clean import clean_lines

    if isinstance(error, AgentctlError):
        sys.stderr.write(f"agentctl: {clean_lines(str(error))}\n")
        return error.exit_code
    from .crash import of_the_machine, save

    if isinstance(error, OSError) and (refused := of_the_machine(error)) is not None:
        said, code = refused
        sys.stderr.write(f"agentctl: {clean_lines(said)}\n")
        return code
    what = f"{type(error).__name__}: {clean_lines(str(error)).splitlines()[0] if str(error) else 'no message'}"
    sys.stderr.write(f"agentctl: this should not have happened: {what} (traceback: {save(error)})\n")
    return 1
