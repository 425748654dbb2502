"""What readers of a spec predicted, brought to one form so that equal predictions are equal strings. Pure.

Readers write a Python or JSON value, ``raises ValueError``, or ``exit 2; stdout: ...``. What differs only in notation
(quotes, spaces, ``true`` and ``True``, the words around an exception or an exit status) is the same prediction; what
is left over is compared as words.
"""

import ast
import json
import re
import unicodedata
import warnings
from dataclasses import dataclass

from .normalise import clean

UNSPECIFIED = "unspecified"
"""The prediction of a reader for whom the spec does not say; an answer of its own."""

MOST_CHARACTERS = 300
"""Of a prediction that are compared and shown."""

_SHORTEST_QUOTE = 12
"""Characters a quote must have to show anything: fewer are found in any text."""

_DOUBT = re.compile(r"\A(?:\?+|(?:my )?(?:best )?guess(?:ing)?\b:?|probably\b:?|unsure\b[:,]?)\s*", re.IGNORECASE)
_SILENT = re.compile(
    r"\A\W*(?:it is |this is |the spec (?:is|does|leaves)\b.*?)?(?:un(?:specified|clear|determined|decided|stated)|"
    r"not (?:specified|stated|defined|clear|determined|say|said)|ambiguous|cannot (?:tell|say)|can't tell|"
    r"no(?:thing)? idea|do(?:es)? not say)\b",
    re.IGNORECASE,
)
_RETURNS = re.compile(r"\A(?:it\s+)?(?:returns?|yields?|evaluates to|gives?|result(?: is)?:?|->|=>)\s+", re.IGNORECASE)
_RAISED = re.compile(
    r"\A(?:it\s+)?(?:raises?|throws?)\s+(?:an?\s+)?`?([A-Za-z_][\w.]*)|"
    r"\A(?:an?\s+)?`?([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit))`?(?:\s*\(.*\)|\s*:.*|\s+is raised.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_EXIT = re.compile(
    r"(?:\bexit(?:s|ed)?\b|\breturn code\b|\bstatus\b)(?:\s+(?:with|status|code|is|of))*\s*[:=]?\s*(-?\d{1,3})\b",
    re.IGNORECASE,
)
_STREAM = re.compile(r"\b(stdout|stderr)\b\s*(?:is|has|:|=)?\s*", re.IGNORECASE)
_AROUND = re.compile(r"\A(?:and\s+)?(?:prints?|with|outputs?)\s+|[\s,;]+(?:and|with)\Z", re.IGNORECASE)
_EMPTY = re.compile(r"\A[\W_]*(?:(?:is |stays )?(?:empty|nothing|none|no output|blank)\b.*)?[\W_]*\Z", re.IGNORECASE)
_FENCED = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_WORDS = re.compile(r"[^\W_]+|[^\w\s]")
_ARTICLES = frozenset({"a", "an", "the", ".", "`"})
_ITEM = re.compile(r"\A[\s\"'*-]*[A-Z]\d+\**[:.)]?\s+")
_LEFT_OUT = re.compile(r"\.\.\.|\[\.\.\.\]|\u2026")
_MARKUP = re.compile(r"[*_`|\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One prediction: ``value`` to compare, ``text`` to show, and whether the reader said the spec left it open."""

    value: str
    text: str
    doubt: bool


def said(answer: str) -> Said:
    """Read one prediction; any text is one, and no text at all says that nothing was specified."""
    text = clean(unicodedata.normalize("NFC", answer)).strip()[:MOST_CHARACTERS].strip()
    sure = _DOUBT.sub("", text, count=1).strip()
    if not sure or _SILENT.match(sure):
        return Said(value=UNSPECIFIED, text=UNSPECIFIED, doubt=True)
    return Said(value=_value(_unwrapped(sure)), text=_one_line(sure), doubt=sure != text)


def quoted(quote: str, text: str) -> bool:
    """Whether a quote stands in a text, but for white space, markup and the case of letters.

    The id of an item may stand before it, and three dots for what was left out of its middle.
    """
    whole, wanted = _bare(text), _bare(_ITEM.sub("", quote))
    if len(wanted) >= _SHORTEST_QUOTE and wanted in whole:
        return True
    at = 0
    for part in map(_bare, _LEFT_OUT.split(_ITEM.sub("", quote))):
        found = whole.find(part, at)
        if len(part) < _SHORTEST_QUOTE or found < 0:
            return False
        at = found + len(part)
    return True


def _bare(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", unicodedata.normalize("NFC", text)).casefold().split()).strip(" .\"'")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unwrapped(text: str) -> str:
    """Without a code fence or backticks around all of it, the verb before a value, and a full stop."""
    if fenced := _FENCED.match(text):
        text = fenced[1]
    text = _RETURNS.sub("", text.strip())
    if len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1]:
        text = text[1:-1]
    return text.strip().removesuffix(".") if not text.endswith("..") else text.strip()


def _value(text: str) -> str:
    if (literal := _literal(text)) is not None:
        return literal
    if raised := _RAISED.match(text):
        return f"raises {(raised[1] or raised[2]).rpartition('.')[2].casefold()}"
    if _EXIT.search(text) or _STREAM.search(text):
        return _command(text)
    # One word without quotes is a value that was not quoted; several are a sentence.
    return _words(text) if " " in text else json.dumps(text, ensure_ascii=False)


def _command(text: str) -> str:
    """A status, what stdout holds, and whether a run that succeeds says something on stderr.

    The words on stderr of a run that fails are free, so they are not compared.
    """
    pieces = _STREAM.split(text)
    streams = {name.lower(): content.strip(" ;,.\n") for name, content in zip(pieces[1::2], pieces[2::2], strict=True)}
    found = _EXIT.search(pieces[0]) or _EXIT.search(text)
    status = int(found[1]) if found else 0
    content = streams.get("stdout", "" if found is None else _printed(pieces[0], found))
    parts = [f"exit {status}", f"stdout {_stream(content)}"]
    if status == 0 and not _EMPTY.match(_EXIT.sub("", streams.get("stderr", ""))):
        parts.append("stderr something")
    return "; ".join(parts)


def _printed(before: str, found: re.Match[str]) -> str:
    """What is said beside the status where no stream is named, such as ``prints nothing``."""
    rest = (before[: found.start()] + before[found.end() :]).strip(" ;,.\n")
    return _AROUND.sub("", rest)


def _stream(content: str) -> str:
    content = _EXIT.sub("", content).strip(" ;,.\n")
    if _EMPTY.match(content):
        return "nothing"
    literal = _literal(content) or content
    text = str(json.loads(literal)) if literal[0] == literal[-1] == '"' else content
    return " ".join(text.replace("\\n", "\n").split())


def _literal(text: str) -> str | None:
    """The canonical JSON of a Python or JSON literal, or None where the text is none."""
    if text[:1] in {"'", '"'}:
        text = text.replace("\n", "\\n")  # a string over several lines, as readers write it
    try:
        return _canonical(json.loads(text))
    except (ValueError, RecursionError, TypeError):
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd backslash in a model's string is no warning of ours
            return _canonical(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _canonical(value: object) -> str:
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    """Tuples as lists, whole floats as integers, keys as text; a set and bytes keep their type."""
    match value:
        case dict():
            return {key if isinstance(key, str) else _canonical(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return {"set": sorted(_canonical(item) for item in value)}
        case bool() | None | str():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case _:
            return value if isinstance(value, int) else repr(value)


def _words(text: str) -> str:
    return " ".join(word for word in _WORDS.findall(text.casefold()) if word not in _ARTICLES)
