"""Questions of a thread itself, which its run does not ask: kept in the book as ``C1``, ``C2``, and answered there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...orchestrator.errors import UsageError
from .at import key_of
from .book import Book, Thread

_PREFIX = "asks:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A question about a pull request, with the options that there are."""

    id: str
    about: str
    """What it is about, so that it is asked once."""
    pull: int
    text: str
    options: tuple[str, ...]
    answer: int | None = None
    """Index into ``options``."""
    by: str = ""
    """The login of who answered."""


def own_questions(book: Book, thread: Thread) -> tuple[Own, ...]:
    """In the order of asking."""
    found = (_read(value) for value in book.deeds(key_of(thread, _PREFIX)).values())
    return tuple(sorted(found, key=lambda each: int(each.id[1:])))


def ask_own(book: Book, thread: Thread, question: Own, *, at: float) -> Own:
    """The question about that, asked once."""
    known = own_questions(book, thread)
    there = next((each for each in known if each.about == question.about), None)
    if there is not None:
        return there
    new = replace(question, id=f"C{len(known) + 1}")
    book.once(_key(thread, new.id), asdict(new), at=at)
    return new


def answer_own(book: Book, thread: Thread, id_: str, words: Sequence[str], *, by: str, at: float) -> str:
    """Take the answer to a question such as ``C1``: the number of an option, or its words. Returns what was taken.

    Raises:
        UsageError: there is no such question, it was answered, or the words name no option.
    """
    asked = next((each for each in own_questions(book, thread) if each.id == id_.upper()), None)
    if asked is None:
        raise UsageError(f"There is no question {id_} in this thread.")
    said = " ".join(words).strip().lower()
    names = [str(index + 1) for index, _ in enumerate(asked.options)], [each.lower() for each in asked.options]
    index = next((names_of.index(said) for names_of in names if said in names_of), None)
    if index is None:
        raise UsageError(f"{asked.id} takes a number, 1 to {len(asked.options)}: {', '.join(asked.options)}.")
    if asked.answer is not None and (asked.answer, asked.by) != (index, by):
        raise UsageError(f"{asked.id} was already answered by {asked.by}: {asked.options[asked.answer]}.")
    book.keep(_key(thread, asked.id), asdict(replace(asked, answer=index, by=by)), at=at)
    return f"{asked.id}: {asked.options[index]}"


def _key(thread: Thread, id_: str) -> str:
    return key_of(thread, f"{_PREFIX}{id_}")


def _read(value: object) -> Own:
    assert isinstance(value, dict)  # noqa: S101 - what `ask_own` wrote
    fields: dict[str, Any] = value
    return Own(**{**fields, "options": tuple(fields["options"])})
