"""What a reviewer's remark asks of a run, if anything, as a sentence of its spec. Pure; a remark is untrusted text."""

import re

LONGEST = 420
"""Characters of a reviewer's own words in a requirement, which is a sentence of up to 600."""
_PATH = re.compile(r"(?!-)[\w.@+ ()\[\]-]+(?:/[\w.@+ ()\[\]-]+)*")
_FENCED = re.compile(r"^(`{3,}|~{3,}).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_NOT_ASKED = re.compile(
    r"(?:lgtm|thanks?(?: you)?|thx|nice|great|good(?: catch| point)?|neat|cool|ok(?:ay)?|looks good(?: to me)?|"
    r"same here|agreed|\+1|\W)*",
    re.IGNORECASE,
)


def asks_for_work(text: str) -> bool:
    """Whether a remark wants something changed: it is more than praise, and not only a question.

    A question that comes with a suggested change, or with a sentence that is none, asks for that.
    """
    if re.search(r"^(?:`{3,}|~{3,})suggestion\b", text, re.MULTILINE):
        return True
    said = [line for line in _FENCED.sub("", text).splitlines() if line.strip() and not line.lstrip().startswith(">")]
    sentences = [each for each in re.split(r"(?<=[.!?])\s+|\n+", "\n".join(said)) if each.strip()]
    return any(not each.rstrip(" \"')*_").endswith("?") and not _NOT_ASKED.fullmatch(each) for each in sentences)


def requirement_of(words: str, *, path: str = "", line: int | None = None) -> str:
    """The sentence that a remark adds to the spec; ``words`` are the reviewer's, on one line and clean."""
    said = words.replace("\u201c", '"').replace("\u201d", '"')
    said = said if len(said) <= LONGEST else f"{said[:LONGEST].rsplit(' ', 1)[0]} ..."
    where = ""
    if _named(path):
        where = f" of `{path}`" if line is None else f" at line {line} of `{path}`"
    return f"The code{where} MUST do what its reviewer asks for: \u201c{said.rstrip('.')}\u201d."


def changed(words: str, *, requirement: str) -> str:
    """What a task is told whose remark was edited before it had landed."""
    return f"The reviewer has changed the words of {requirement}. What counts now is: {words}"


def _named(path: str) -> bool:
    """Whether a path can stand in a sentence as it is; a file may be called anything."""
    return len(path) <= 100 and _PATH.fullmatch(path) is not None  # noqa: PLR2004 - a path longer than that is no help
