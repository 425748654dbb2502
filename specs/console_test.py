"""A console check to a pytest file that runs the commands of a transcript, in order, in the root of the project."""

from functools import cache
from pathlib import Path

from .nouns import Check
from .python_code import CodeError, compiles
from .transcript import Step, steps

_SECONDS = 60
_SLOW_SECONDS = 600
_ROOT = "ROOT = Path(__file__).resolve().parents[2]\n"


def source(check: Check, *, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    """The file's text and the name of its test; raises CodeError if there is no command."""
    found = steps(check.body, line=check.line)
    if not found:
        raise CodeError("a console check needs a line that begins with `$ `")
    seconds = _SLOW_SECONDS if "slow" in check.flags else _SECONDS
    file = where.partition(":")[0]
    calls = "\n".join(_call(step, where=f"{file}:{step.line}: $ {step.command}", seconds=seconds) for step in found)
    text = f'"""{where}"""\n\n{_runner()}\n\n{_ROOT}\n\ndef {name}():\n    """{where}"""\n{calls}'
    compiles(text, of=check.body)
    return text, (name,)


def without_runner(text: str) -> str:
    """A compiled check for a reader: what it runs and expects, without the code that is the same in each of them."""
    return text.replace(
        f"{_runner()}\n\n{_ROOT}", "# run() and expect() are not shown: they run a command and compare\n"
    )


@cache
def _runner() -> str:
    """The code of transcript_runner.py, without its docstring."""
    text = Path(__file__).with_name("transcript_runner.py").read_text(encoding="utf-8")
    return text[text.index("\nimport ") :].strip("\n")


def _call(step: Step, *, where: str, seconds: int) -> str:
    stderr = "None" if step.stderr is None else _lines(step.stderr)
    return (
        f"    expect(\n        {where!r},\n        run({step.command!r}, root=ROOT, seconds={seconds}),\n"
        f"        ({_lines(step.stdout)}, {stderr}, {step.exit}),\n    )\n"
    )


def _lines(texts: tuple[str, ...]) -> str:
    return "[" + "".join(f"\n            {text!r}," for text in texts) + ("\n        ]" if texts else "]")
