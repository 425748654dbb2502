"""What tends to be left out of a kind of change: its requirements to fill in, and its corner cases as questions.

Each question has a default that can be lived with, so that a draft runs as it is; ``{it}`` is what the change is about.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of change, found by words of the sentence; requirements and questions are templates."""

    name: str
    words: re.Pattern[str]
    requirements: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    """What must stay as it is."""
    questions: tuple[tuple[str, str], ...] = ()
    """Each with its default."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?![\w-])", re.IGNORECASE)


KINDS = (
    Kind(
        name="flag",
        words=re.compile(r"(?<![\w-])--?[a-z][\w-]*|\b(?:flag|option|switch|argument)\b", re.IGNORECASE),
        requirements=("With `{flag}`, {it} MUST TBD.",),
        keeps=("Without `{flag}`, the output and the exit status of {it} MUST stay as they are.",),
        questions=(
            ("Which options of {it} contradict {flag}, and what happens when both are given?", "none do"),
            ("Is {flag} in the help, and in which words?", "one line, beside the options that are like it"),
        ),
    ),
    Kind(
        name="format",
        words=_words(
            r"json|jsonl|csv|tsv|ya?ml|xml|html|markdown|toml|format(?:s|ted)?|export(?:s|ed)?|serialis\w+|print\w*"
        ),
        requirements=("The output MUST be TBD (name the format, and its fields in their order).",),
        questions=(
            ("What is written when there is nothing to write?", "an empty list or table, with exit status 0"),
            ("In which order do the entries come?", "the order that {it} has now"),
            ("How are characters outside ASCII and the end of the last line written?", "UTF-8, one newline at the end"),
        ),
    ),
    Kind(
        name="file",
        words=_words(
            r"files?|read(?:s|ing)?|pars(?:e|es|ing)|load(?:s|ing)?|import(?:s|ing)?|logs?|paths?|folders?|upload\w*"
        ),
        requirements=("If the file does not exist, {it} MUST TBD (exit status, message with its path).",),
        questions=(
            ("What if the file is empty?", "it has no entries, and that is no error"),
            (
                "What if it is not valid UTF-8, or one line is malformed?",
                "the line is reported with its number, and skipped",
            ),
            ("How large may it be, and may all of it be held in memory?", "100 MB; yes"),
        ),
    ),
    Kind(
        name="number",
        words=_words(
            r"limits?|counts?|max(?:imum)?|min(?:imum)?|thresholds?|percent\w*|numbers?|rates?|sizes?|timeouts?|windows?|"
            r"seconds?|days?|average|round\w*|sort\w*|top|retr(?:y|ies)"
        ),
        requirements=("If the number is not TBD (its range, with or without its ends), {it} MUST TBD.",),
        questions=(
            ("What do 0, a negative number and a text that is no number do?", "each is an error that names the value"),
            ("Does the bound itself count?", "yes"),
            ("What decides between equal values?", "the order of the input"),
        ),
    ),
    Kind(
        name="network",
        words=_words(
            r"https?|apis?|urls?|requests?|fetch\w*|download\w*|servers?|endpoints?|webhooks?|proxy|sockets?|clients?"
        ),
        requirements=("If the other side does not answer within TBD seconds, {it} MUST TBD.",),
        questions=(
            ("What is tried again, how often, and after how long?", "nothing"),
            ("What does an answer that is not a success do?", "an error with its status; nothing is written"),
            ("How is it tested without the network?", "against a server on loopback that the test starts"),
        ),
    ),
    Kind(
        name="removal",
        words=_words(r"remov\w+|deletes?|deleted|deleting|drop|renam\w+|replac\w+|migrat\w+|deprecat\w+"),
        requirements=("After the change, TBD MUST NOT be there any more.",),
        questions=(
            ("Who uses it today, and what do they see afterwards?", "an error that names what to use instead"),
            ("What happens to data that exists already?", "it is read as before"),
        ),
    ),
)
OTHER = Kind(
    name="other",
    words=re.compile(r"(?!)"),
    requirements=("{it} MUST TBD.",),
    questions=(
        ("What if its input is empty?", "the result is empty too"),
        ("What if its input is wrong?", "an error that names the value; nothing is changed"),
    ),
)


def kinds_of(sentence: str) -> tuple[Kind, ...]:
    """The kinds of change that a sentence speaks of; one for everything if it speaks of none."""
    return tuple(kind for kind in KINDS if kind.words.search(sentence)) or (OTHER,)
