"""Whether somebody's words let a task change a file of that name. Pure; English, and what is in doubt lets nothing.

A sentence lets a file change when it says so of the file itself: ``add httpx to pyproject.toml``, ``you may change
conftest.py``, ``package.json MUST declare left-pad``. One that only names it lets nothing, nor does one with a word of
denial in it, or a question. Of what was answered, and of what was said to a worker, the last word on a file counts, and
where one of the two speaks against it nothing lets it change. An invariant of the spec is what stays as it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..nouns.plan import Requirement

Word = Literal["yes", "no", "unclear", ""]
"""What a text says of a file; empty where it does not name it."""

_IT = "\0"
"""Stands for the file in a sentence."""
_CHANGE = (
    r"(?:(?:add|adapt|adjust|allow|amend|append|bump|change|configure|contain|correct|creat|create|declare|define|delete"
    r"|disable|edit|enable|extend|fix|include|insert|install|introduce|list|make|mend|modify|modifi|move|permit|pin|put"
    r"|register|remove|rename|replace|rewrite|set|touch|turn|update|upgrade|write)(?:d|s|es|n?ed|p?ing|ting)?"
    r"|written|rewritten|updating|changing|writing|removing|moving|making|declaring|replacing)"
)
_TO_IT = r"(?:the|a|an|our|your|its|this|new|file|files|also|only|both|and|or|root|[\w/-]*\.[\w.]+,?)"
_SAYS_SO = re.compile(
    rf"\b{_CHANGE}(?:\s+{_TO_IT}){{0,6}}\s+{_IT}"
    rf"|\b{_CHANGE}(?:\s+(?!(?:as|because|if|that|when|where|which|while|who|whose)\b)\S+){{0,12}}"
    rf"\s+(?:in|into|to)(?:\s+{_TO_IT}){{0,4}}\s+{_IT}"
    rf"|\b(?:remove|delete|take)(?:\s+(?!(?:that|which|when)\b)\S+){{0,8}}\s+(?:from|out of)"
    rf"(?:\s+{_TO_IT}){{0,4}}\s+{_IT}"
    rf"|{_IT}\s+(?:may|can|must|shall|should|will|(?:has|have|needs?|is|is\s+allowed)\s+to)\s+(?:(?:also|now|only)\s+)?"
    rf"(?:be\s+)?{_CHANGE}\b"
    rf"|^(?:yes|ok|okay|sure|agreed|approved|go ahead|fine)\b[\s,:;!-]*(?:with\s+|in\s+)?(?:the\s+)?{_IT}"
    rf"|{_IT}\s+is\s+(?:fine|ok|okay|allowed|yours)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(?<![\w-])(?:no|not|never|none|nothing|nor|neither|nobody|cannot|without|leav(?:e|es|ing)|left|alone"
    r"|keep(?:s|ing)?|kept|stay(?:s|ing)?|remain(?:s|ing)?|unchanged|untouched|unmodified|unedited|intact"
    r"|avoid(?:s|ing)?|forbid(?:s|den)?|prohibit(?:s|ed)?|except|excluding|besides|but|apart|rather|instead|other than"
    r"|hands|off[- ]limits|stop|refuse[ds]?|protect(?:s|ed)?|preserve[ds]?|frozen|read-only|unless|until|undo|revert"
    r"|restore|discard|refrain|bans?|banned|prevent(?:s|ed)?|disallow(?:s|ed)?|skip|ignore|resist|wrong|bad|wait|yet"
    r"|(?:do|does|must|should|ca|wo)nt|(?:roll|take|put)\s+back)(?![\w-])|n['\u2019]t\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_DATA = re.compile(r"\u27e6[^\u27e7]*(?:\u27e7|$)")
"""What a check of the repository printed, as it stands in the sentence that asks for its repair: nobody's word."""
_REFUSES = re.compile(r"\W*(?:no|nope|never|don['\u2019]?t|do not)\b", re.IGNORECASE)
_QUOTES = str.maketrans("", "", "`'\"*\u201c\u201d\u2018")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What persons said that concerns a task: the spec, answers, and sentences for its worker."""

    required: tuple[str, ...] = ()
    """Requirements of the task, without what is to stay as it is."""
    answers: tuple[str, ...] = ()
    """In the order in which the attempt was told them."""
    steering: tuple[str, ...] = ()
    """In the order in which it heard them."""


def asked_for(requirements: Iterable[Requirement], ids: Iterable[str]) -> tuple[str, ...]:
    """The texts of those requirements that ask for something to be other than it is, without what is data in them."""
    wanted = frozenset(ids)
    return tuple(_DATA.sub("", each.text) for each in requirements if each.id in wanted and not each.preserve)


def lets_change(path: str, said: Said) -> bool:
    """Whether somebody's words let this file change, and nobody's later ones keep it."""
    spoken = (_last(path, said.answers), _last(path, said.steering))
    return "no" not in spoken and ("yes" in spoken or any(word_on(path, each) == "yes" for each in said.required))


def is_named(path: str, said: Said) -> bool:
    """Whether anybody has named this file at all."""
    return any(word_on(path, each) for each in (*said.required, *said.answers, *said.steering))


def word_on(path: str, text: str) -> Word:
    """What one answer, sentence or requirement says of a file."""
    found = [_of_sentence(each) for each in _SENTENCE.split(_marked(path, text)) if _IT in each]
    if not found:
        return ""
    if "no" in found or _REFUSES.match(text):
        return "no"
    return "yes" if "yes" in found else "unclear"


def _of_sentence(sentence: str) -> Word:
    plain = " ".join(sentence.translate(_QUOTES).split())
    if plain.endswith("?"):
        return "unclear"
    if _DENIES.search(sentence):
        return "no"
    return "yes" if _SAYS_SO.search(plain) else "unclear"


def _last(path: str, texts: Iterable[str]) -> Word:
    """The last of the texts that speaks for a change of a file, or against it."""
    return next((word for each in reversed(tuple(texts)) if (word := word_on(path, each)) in ("yes", "no")), "")


def _marked(path: str, text: str) -> str:
    """A text with one mark in each place where it names this file, with the folders that it names."""
    name = re.escape(path.rpartition("/")[2])

    def mark(found: re.Match[str]) -> str:
        said = found[0].removeprefix("./")
        return _IT if path == said or path.endswith(f"/{said}") else "another.file"

    return re.sub(rf"(?<![\w./-])(?:[\w.-]+/)*{name}(?![\w-]|\.\w)", mark, text.replace(_IT, " "))
