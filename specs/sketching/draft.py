"""A draft of a spec: the sentence, requirements to fill in, corner cases as questions, where its words are found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..items import code_spans
from ..names import slug
from .catalogue import Kind, kinds_of

_FLAG = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_][\w.-]*")
_NAME = re.compile(r"(?:async\s+)?(?:def|class|function|interface|type)\s+(\w+)|^(\w+)\s*[:=(]")
_NON_GOAL = "what a reader might expect and this change leaves alone, as: - **N1** No streaming."
_MOST_QUESTIONS = 6
_MOST_WORDS = 6  # of a file's name
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do for from have in into is it its make new not of on or that the their them "
        "this to use we when which with add adds added support supports allow allows let should must want fix change",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file that the sentence may be about, and the definitions in it that share words with the sentence."""

    path: str
    symbols: tuple[tuple[int, str], ...] = ()
    """Each with its line and its first line of code."""


def file_name(sentence: str) -> str:
    """The name of a draft's file without its ending: the first words of the sentence."""
    return "-".join(slug(sentence).split("-")[:_MOST_WORDS]) or "spec"


def words_of(sentence: str) -> frozenset[str]:
    """The words of a sentence that say what it is about, in lower case."""
    return frozenset(word.lower() for word in _WORD.findall(sentence)) - _SMALL


def subject_of(sentence: str, places: Sequence[Place]) -> str:
    """What the change is about, in backticks: a code span, else a word that names a file, a folder or a definition."""
    spans = [span for span in code_spans(sentence) if not span.startswith("-")]
    if spans:
        return f"`{spans[0]}`"
    known = {part.lower() for place in places for part in (PurePosixPath(place.path).stem, *place.path.split("/")[:-1])}
    known |= {name.lower() for place in places for _, text in place.symbols for name in _named(text)}
    flags = {flag.strip("-").lower() for flag in _FLAG.findall(sentence)}
    words = [word for word in _WORD.findall(sentence) if word.lower() not in _SMALL | flags]
    return next((f"`{word}`" for word in words if word.lower() in known), "the command")


def sketch(sentence: str, *, places: Sequence[Place] = ()) -> str:
    """A spec as markdown. What only a person can say is TBD, and `agentctl lint` names it until it is said."""
    text = " ".join(sentence.split())
    subject = subject_of(text, places)
    flag = next(iter(_FLAG.findall(text)), "--flag")
    return "\n".join(_lines(text, kinds_of(text), subject=subject, flag=flag, places=places)) + "\n"


def _lines(sentence: str, kinds: Sequence[Kind], *, subject: str, flag: str, places: Sequence[Place]) -> Iterator[str]:
    def filled(template: str) -> str:
        return _capital(template.format(it=subject, flag=flag))

    yield from (f"# {_capital(sentence).rstrip('.')}", "", f"{_capital(sentence).rstrip('.')}.")
    yield from ("", "## Requirements", "")
    wanted = [template for kind in kinds for template in kind.requirements]
    yield from (f"- **R{number}** {filled(template)}" for number, template in enumerate(wanted, 1))
    kept = [template for kind in kinds for template in kind.keeps]
    yield from (f"- **I{number}** {filled(template)}" for number, template in enumerate(kept, 1))
    yield from ("", "### Checks", "", *_check(subject, flag if _FLAG.search(sentence) else "", places))
    yield from ("", "## Non-goals", "", f"<!-- {_NON_GOAL} -->")
    yield from ("", "## Open questions", "")
    asked = _fair([kind.questions for kind in kinds])
    for number, (question, default) in enumerate(asked, 1):
        yield f"- **Q{number}** {filled(question)} default: {default.format(it=subject, flag=flag)}"
    if places:
        yield from ("", "## Notes", "", "Where the words of the first sentence are found today:", "")
        yield from _found(places)


def _fair(asked: Sequence[Sequence[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The first question of each kind, then the second of each, as far as a person will read."""
    longest = max((len(questions) for questions in asked), default=0)
    turns = [questions[turn] for turn in range(longest) for questions in asked if turn < len(questions)]
    return turns[:_MOST_QUESTIONS]


def _check(subject: str, flag: str, places: Sequence[Place]) -> Iterator[str]:
    """An illustration; it becomes a check when its author gives it an id."""
    yield "When the example below is right, write `R1` after the word `console`, and it decides R1."
    name = subject.strip("`") if subject.startswith("`") else "command"
    python = any(place.path == f"{name}.py" or place.path.endswith(f"/{name}/__main__.py") for place in places)
    command = " ".join(filter(None, (f"python -m {name}" if python else name, flag)))
    yield from ("", "```console", f"$ {command}", "TBD", "```")


def _found(places: Sequence[Place]) -> Iterator[str]:
    for place in places:
        yield f"- `{place.path}`"
        yield from (f"  - line {line}: `{text.replace('`', '')}`" for line, text in place.symbols)


def _named(text: str) -> Iterator[str]:
    found = _NAME.search(text)
    if found:
        yield found[1] or found[2]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
