"""Fences: which are checks, interfaces, fixtures, and which only illustrate. Pure."""

import re
from collections.abc import Mapping
from hashlib import sha256

from .names import ITEM_ID, inside, suggestion
from .nouns import FLAGS, Check, CheckKind, Diagnostic, Fence, Fixture, Interface, Symbol
from .python_code import CodeError, symbols

PYTHON = frozenset({"python", "py", "python3"})
SCRIPT = frozenset({"ts", "typescript", "mts", "js", "javascript", "mjs"})
CONSOLE = frozenset({"console", "shell-session", "sh-session", "shellsession", "bash-session"})
_SHELL = frozenset({"sh", "bash", "shell", "zsh"})
_SENTENCE = re.compile(r"`(\w+)\(([^`]*)\)`,? (?:(?:lives|is|are|defined|found|stands) )*in `([\w./-]+\.py)`")

Read = Check | Interface | Fixture | Diagnostic | None
"""What a fence came to; None is an illustration."""


def words(info: str) -> tuple[str, tuple[str, ...]]:
    """The language of an info string, in lower case, and its further words."""
    parts = info.replace(",", " ").split()
    return (parts[0].lower() if parts else "", tuple(parts[1:]))


def read(fence: Fence, *, taken: Mapping[str, int]) -> tuple[Read, ...]:
    """What a fence means; ``taken`` counts the checks each id already leads."""
    match fence.words:
        case ("interface" | "fixture" as role, path, *rest) if not rest:
            if not inside(path):
                return (_wrong(fence, f"the {role} `{path[:80]}` is not a path inside the repository", code="SPX401"),)
            return _interface(fence, path) if role == "interface" else (_fixture(fence, path),)
        case ("interface" | "fixture" as role, *_):
            return (_wrong(fence, f"an {role} fence names one path: ```{fence.language} {role} src/name.py"),)
        case _:
            return _check(fence, taken=taken)


def closes(line: str, mark: str) -> bool:
    """Whether a line ends the fence that ``mark`` began, inside a list or a quotation too."""
    end = line.strip(" \t>")
    return len(end) >= len(mark) and not end.strip(mark[0])


def means_something(fence: Fence) -> bool:
    """Whether a fence is, or was meant to be, more than an illustration."""
    return any(word in {"interface", "fixture", *FLAGS} or ITEM_ID.match(word) for word in fence.words)


def _wrong(fence: Fence, message: str, *, code: str = "SPF008") -> Diagnostic:
    return Diagnostic(code=code, message=message, line=fence.line)


def digest(*parts: str) -> str:
    """The sha-256 of texts, as a hex string."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _interface(fence: Fence, path: str) -> tuple[Read, ...]:
    declared: tuple[Symbol, ...] = ()
    trouble: tuple[Diagnostic, ...] = ()
    if fence.language in PYTHON:
        try:
            declared = symbols(fence.body, first_line=fence.line + 1)
        except CodeError as error:
            message = f"the interface of `{path}` is not Python: {error}"
            trouble = (Diagnostic(code="SPT212", message=message, line=fence.line + error.line, target=path),)
    language = "python" if fence.language in PYTHON else fence.language
    hashed = digest(path, fence.body)
    found = Interface(path=path, symbols=declared, text=fence.body, hash=hashed, line=fence.line, language=language)
    return found, *trouble


def _fixture(fence: Fence, path: str) -> Fixture:
    generator = fence.language in PYTHON and not path.endswith((".py", ".pyi"))
    return Fixture(path=path, text=fence.body, line=fence.line, generator=generator)


def _check(fence: Fence, *, taken: Mapping[str, int]) -> tuple[Read, ...]:
    ids = tuple(dict.fromkeys(word for word in fence.words if ITEM_ID.match(word)))
    flags = frozenset(word for word in fence.words if word in FLAGS)
    if not ids:
        lost = f"`{fence.language} {' '.join(sorted(flags))}` names no requirement: add its id, such as R1"
        return (_wrong(fence, lost),) if flags else (None,)
    unknown = [word for word in fence.words if word not in ids and word not in FLAGS]
    check = Check(
        id=f"{ids[0]}.c{taken.get(ids[0], 0) + 1}",
        kind=_kind(fence),
        language=fence.language,
        ids=ids,
        flags=flags,
        body=fence.body,
        hash=digest(_kind(fence), *sorted(flags), fence.body),
        line=fence.line + 1,
    )
    return check, *(
        _wrong(fence, f"unknown word `{word[:40]}` on a check{suggestion(word, FLAGS)}") for word in unknown
    )


def _kind(fence: Fence) -> CheckKind:
    if fence.language in PYTHON:
        return "python"
    if fence.language in SCRIPT:
        return "script"
    prompt = any(line.startswith("$ ") for line in fence.body.split("\n"))
    return "console" if fence.language in CONSOLE or (fence.language in _SHELL and prompt) else "other"


def sentence_interfaces(text: str, *, line: int) -> tuple[Interface, ...]:
    """Functions that prose puts in a file: ```slugify(text)` in `src/slug.py```."""
    return tuple(
        Interface(
            path=path,
            symbols=(Symbol(name=name, kind="function", line=line, signature=arguments.strip()),),
            text="",
            hash=digest(path, name, arguments),
            line=line,
        )
        for name, arguments, path in _SENTENCE.findall(text)
        if inside(path)
    )
