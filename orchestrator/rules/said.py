"""What a comment tells the bot to do: commands, or what is wrong with them. Pure; any text goes in, nothing is raised.

``/agentctl WORD ...`` or ``@agentctl WORD ...`` at the beginning of a line that its author says (`rules.spoken`), one
command a line, `MOST` a comment. A comment is taken as a whole: where one of its commands is not understood, none is
obeyed. What is nearly a command is told; what only mentions the bot is talk.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ..nouns.questions import Autonomy
from . import ladder
from .spoken import Line, spoken

Word = Literal[
    "run",
    "plan",
    "approve",
    "refuse",
    "retry",
    "cancel",
    "status",
    "explain",
    "queue",
    "rebase",
    "undo",
    "answer",
    "budget",
    "help",
]
WORDS: tuple[Word, ...] = get_args(Word)
USAGE: Mapping[Word, str] = {
    "run": "run [SPEC.md] [--budget 3.50] [--autonomy ask-blocking] [--at SHA]",
    "plan": "plan [SPEC.md] [--budget 3.50] [--at SHA]",
    "approve": "approve [--at SHA]",
    "refuse": 'refuse "why"',
    "retry": "retry T3 [--rung pro]",
    "cancel": "cancel [T3]",
    "status": "status",
    "explain": "explain [Q1 | T3 | R2]",
    "queue": "queue",
    "rebase": "rebase",
    "undo": "undo T3",
    "answer": "answer Q3 2, or answer Q3 and your words",
    "budget": "budget +5",
    "help": "help",
}
"""How each command is written, without the name it begins with."""
NAME = "agentctl"
MOST = 5
"""Commands in one comment."""
LONGEST = 1_000
"""Characters of a command's line."""
_LONGEST_COMMENT = 65_536
"""GitHub's own limit."""
_BIGGEST = 100_000.0

_CALLED = re.compile(r"[/@]([\w.-]{3,20})(?:\[bot\])?[,:]?(?=\s|\Z)", re.ASCII)
_BLANKS = str.maketrans(dict.fromkeys("\t\u00a0\u2007\u202f\u3000", " "))
_EDGES = "\ufeff\u200b\u2060"
"""What copying leaves at the ends of a line."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
_TOKEN = re.compile(r'"([^"]*)"|\u201c([^\u201d]*)\u201d|`([^`]*)`|(\S+)')
_DASHES = re.compile(r"^[\u2013\u2014](?=[a-z])")
_NUMBER = re.compile(r"\$?(\d{1,9}(?:\.\d{1,4})?)", re.ASCII)
_TASK = re.compile(r"[Tt]\d{1,6}", re.ASCII)
_QUESTION = re.compile(r"[QqCc]\d{1,6}", re.ASCII)
_ANY_ID = re.compile(r"[TtQqRrEePpIi]\d{1,6}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{7,64}")
_SPEC = re.compile(r"(?!-)[\w.@+ -]+(?:/[\w.@+ -]+)*\.(?:md|markdown)", re.IGNORECASE)
_ENDS = ".,;:!?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A command. ``args`` are its words in order, free text as one; ``options`` are named without dashes."""

    word: Word
    args: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A line that is nearly a command, and what to write instead."""

    line: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a comment came to: commands, or what is unclear; never both."""

    commands: tuple[Said, ...] = ()
    unclear: tuple[Unclear, ...] = ()


class _Refused(Exception):
    """A command cannot be taken as it is written; the text says what would do."""


def heard(text: str, *, name: str = NAME) -> Heard:
    """The commands of a comment; ``name`` is what the bot is called there."""
    if len(text) > _LONGEST_COMMENT:
        return Heard(unclear=(Unclear(line=1, words="The comment is too long to look for commands in it."),))
    found = [each for line in spoken(text) if (each := _read(line, name)) is not None]
    unclear = tuple(each for each in found if isinstance(each, Unclear))
    commands = tuple(each for each in found if isinstance(each, Said))
    if not unclear and len(commands) > MOST:
        words = f"A comment may hold {MOST} commands, and this one holds {len(commands)}: none was obeyed."
        unclear = (Unclear(line=commands[MOST].line, words=words),)
    return Heard(unclear=unclear) if unclear else Heard(commands=commands)


def said(text: str, *, name: str = NAME) -> tuple[Said, ...]:
    """The commands of a comment; empty where it has none, or one of them is unclear."""
    return heard(text, name=name).commands


def _is_near(called: str, name: str) -> bool:
    return bool(difflib.get_close_matches(called.casefold(), (name.casefold(), NAME), n=1, cutoff=0.8))


def _read(line: Line, name: str) -> Said | Unclear | None:
    text = line.text.translate(_BLANKS).strip(" ").strip(_EDGES).strip(" ")
    called = _CALLED.match(_UNSEEN.sub("", text))
    if called is None:
        return None
    ours = called[1].casefold() in (name.casefold(), NAME)
    mention = text.startswith("@")
    if not ours:
        near = text.startswith("/") and _is_near(called[1], name)
        return Unclear(line=line.number, words=f"Commands begin with `/{NAME}`.") if near else None
    if len(text) > LONGEST:
        return Unclear(line=line.number, words=f"A command has at most {LONGEST} characters; this one is longer.")
    if _UNSEEN.search(text):
        words = "The command holds characters that cannot be seen: type it by hand, in plain letters."
        return Unclear(line=line.number, words=words)
    rest = text[called.end() :].strip()
    if mention and not _is_meant(rest):
        return None
    if line.standing == "quoted":
        words = "The command is shown as a part of the quotation above it: put an empty line between the two."
        return Unclear(line=line.number, words=words)
    try:
        return _command(rest, line.number)
    except _Refused as refused:
        return Unclear(line=line.number, words=str(refused))


def _is_meant(rest: str) -> bool:
    """Whether who is mentioned is told something: the word after the name is a command, not talk."""
    first = rest.split(" ", 1)[0].rstrip(_ENDS).casefold()
    return first in WORDS


def _command(rest: str, line: int) -> Said:
    first, _, tail = rest.partition(" ")
    word = first.rstrip(_ENDS).casefold()
    if not word:
        return Said(word="help", line=line)
    if word not in WORDS:
        near = difflib.get_close_matches(word, WORDS, n=1)
        hint = f"did you mean `/{NAME} {near[0]}`?" if near else f"known are {', '.join(WORDS)}."
        raise _Refused(f"`{_shown(first)}` is no command; {hint}")
    known = next(each for each in WORDS if each == word)
    args, options = _GRAMMAR[known](tail.strip(), known)
    return Said(word=known, args=args, options=options, line=line)


_Read = tuple[tuple[str, ...], dict[str, str]]


def _spec(tail: str, word: Word) -> _Read:
    options = {"budget": _amount, "at": _sha} | ({"autonomy": _autonomy} if word == "run" else {})
    words, found = _options(tail, word, options)
    if len(words) > 1:
        raise _Refused(f"One spec at a time: `/{NAME} {USAGE[word]}`.")
    return tuple(_place(each) for each in words), found


def _alone(tail: str, word: Word) -> _Read:
    if tail.strip(_ENDS):
        raise _Refused(f"`{word}` takes nothing more: `/{NAME} {USAGE[word]}`.")
    return (), {}


def _approve(tail: str, word: Word) -> _Read:
    words, found = _options(tail.rstrip(_ENDS), word, {"at": _sha})
    if words:
        raise _Refused(f'`approve` takes nothing more: `/{NAME} {USAGE[word]}`. To ask for changes: `refuse "why"`.')
    return (), found


def _text(tail: str, word: Word) -> _Read:
    text = _unquoted(tail)
    if not text:
        raise _Refused(f"Say why: `/{NAME} {USAGE[word]}`.")
    return (text,), {}


def _retry(tail: str, word: Word) -> _Read:
    words, found = _options(tail, word, {"rung": _rung})
    return (_only(words, _TASK, word),), found


def _task(tail: str, word: Word) -> _Read:
    return (_only(tail.split(), _TASK, word),), {}


def _maybe_task(tail: str, word: Word) -> _Read:
    return _task(tail, word) if tail.strip(_ENDS) else ((), {})


def _maybe_id(tail: str, word: Word) -> _Read:
    return ((_only(tail.split(), _ANY_ID, word),), {}) if tail.strip(_ENDS) else ((), {})


def _answer(tail: str, word: Word) -> _Read:
    first, _, words = tail.partition(" ")
    question, text = first.rstrip(_ENDS), _unquoted(words)
    if not _QUESTION.fullmatch(question) or not text:
        raise _Refused(f"Name the question and say the number of an option, or words: `/{NAME} {USAGE[word]}`.")
    return (question.upper(), text.rstrip(_ENDS) if re.fullmatch(rf"[0-9]+[{_ENDS}]*", text) else text), {}


def _budget(tail: str, word: Word) -> _Read:
    found = re.fullmatch(r"(?:(to) |\+ ?)?(\S+)", tail, re.IGNORECASE)
    if found is None:
        raise _Refused(f"Say by how much the cap rises: `/{NAME} {USAGE[word]}`, or `budget to 12`.")
    amount = _amount(found[2].rstrip(_ENDS))
    return (f"to {amount}" if found[1] else f"+{amount}",), {}


_GRAMMAR: Mapping[Word, Callable[[str, Word], _Read]] = {
    "run": _spec,
    "plan": _spec,
    "approve": _approve,
    "refuse": _text,
    "retry": _retry,
    "cancel": _maybe_task,
    "status": _alone,
    "explain": _maybe_id,
    "queue": _alone,
    "rebase": _alone,
    "undo": _task,
    "answer": _answer,
    "budget": _budget,
    "help": _alone,
}


def _options(tail: str, word: Word, known: Mapping[str, Callable[[str], str]]) -> tuple[list[str], dict[str, str]]:
    """The words, and the options that are known here, each once."""
    words: list[str] = []
    found: dict[str, str] = {}
    tokens = _tokens(tail)
    for token in tokens:
        if not token.startswith("--"):
            words.append(token)
            continue
        name, equals, value = token[2:].partition("=")
        name = name.casefold()
        if name not in known:
            raise _Refused(f"`{_shown(token)}` is no option of `{word}`: `/{NAME} {USAGE[word]}`.")
        if name in found:
            raise _Refused(f"`--{name}` stands there twice.")
        value = value if equals else next(tokens, "")
        if not value or value.startswith("--"):
            raise _Refused(f"`--{name}` needs a value: `/{NAME} {USAGE[word]}`.")
        found[name] = known[name](value.rstrip(_ENDS))
    return [each for each in words if each.strip(_ENDS)], found


def _tokens(text: str) -> Iterator[str]:
    """Words, those in quotes or backticks as one; a dash that a telephone made of two is two again."""
    for match in _TOKEN.finditer(text):
        yield _DASHES.sub("--", next(group for group in match.groups() if group is not None))


def _only(words: list[str], pattern: re.Pattern[str], word: Word) -> str:
    if len(words) != 1 or not pattern.fullmatch(words[0].rstrip(_ENDS)):
        raise _Refused(f"`{word}` takes one id: `/{NAME} {USAGE[word]}`.")
    return words[0].rstrip(_ENDS).upper()


def _unquoted(text: str) -> str:
    """Free text without the quotation marks around all of it."""
    stripped = text.strip()
    for first, last in (('"', '"'), ("\u201c", "\u201d"), ("`", "`")):
        inner = stripped[1:-1]
        if len(stripped) > 1 and stripped[0] == first and stripped[-1] == last and not {first, last} & set(inner):
            return inner.strip()
    return stripped


def _amount(value: str) -> str:
    found = _NUMBER.fullmatch(value.removesuffix("$"))
    if found is None or not 0 < float(found[1]) <= _BIGGEST:
        raise _Refused(f"`{_shown(value)}` is no amount in dollars: write such as 3.50.")
    return found[1]


def _autonomy(value: str) -> str:
    if value.casefold() not in get_args(Autonomy):
        raise _Refused(f"`{_shown(value)}` is no autonomy: choose {', '.join(get_args(Autonomy))}.")
    return value.casefold()


def _rung(value: str) -> str:
    if value.casefold() == "ask" or ladder.problem((value.casefold(),)):
        raise _Refused(f"`{_shown(value)}` is no rung: {ladder.RUNGS.rpartition(', and')[0]}.")
    return value.casefold()


def _sha(value: str) -> str:
    if not _SHA.fullmatch(value.casefold()):
        raise _Refused(f"`{_shown(value)}` is no commit: write at least seven digits of it.")
    return value.casefold()


def _place(value: str) -> str:
    path = value.rstrip(",;:!?")
    parts = path.removeprefix("./").split("/")
    if not _SPEC.fullmatch("/".join(parts)) or any(each in ("", ".", "..") or each.startswith(".") for each in parts):
        raise _Refused(f"`{_shown(value)}` is no spec: name a markdown file, relative to the root of the repository.")
    return "/".join(parts)


def _shown(text: str) -> str:
    """What somebody wrote, short and plain enough to be repeated to them in backticks."""
    plain = "".join(letter for letter in text if letter.isprintable() and letter not in "`@<>[]")
    return plain if len(plain) <= 40 else f"{plain[:39]}…"  # noqa: PLR2004 - of a message
