"""Messages of landed commits, and the trailers by which a commit is traced to its spec. Pure.

A task's title and goal were written by a model: they become plain text that can neither forge a trailer nor break the
message, because trailers are only what stands in the last paragraph, and code writes that paragraph.
"""

import re
import textwrap
from collections.abc import Iterable

from .harmless import message as harmless

_WIDTH = 72
_DIGEST = 12

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (\S.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def landing_message(  # noqa: PLR0913 - the fields of a message
    *,
    title: str,
    body: str,
    spec_id: str,
    spec_digest: str,
    task: str,
    requirements: Iterable[str],
    run: str,
    signed_off_by: str | None = None,
) -> str:
    """A commit message: subject, wrapped body, and the trailers Spec, Task, Requirement (one each) and Run.

    What would act on a forge, of the words of a model or of a spec, is harmless as in slices that are delivered.
    ``signed_off_by`` is ``Name <address>``, for repositories that ask for it.
    """
    trailers = [("Spec", f"{spec_id}@{spec_digest[:_DIGEST]}"), ("Task", task)]
    trailers += [("Requirement", requirement) for requirement in dict.fromkeys(requirements)]
    trailers.append(("Run", run))
    if signed_off_by:
        trailers.append(("Signed-off-by", signed_off_by))
    block = "\n".join(f"{name}: {_line(value)}" for name, value in trailers)
    paragraphs = [harmless(_line(title)) or task, *_paragraphs(harmless(body)), block]
    return "\n\n".join(paragraphs) + "\n"


def frame_message(*, title: str, body: str, spec_id: str, spec_digest: str, run: str) -> str:
    """The message of a commit that is no task's: what a branch begins with, and what it ends with."""
    block = f"Spec: {_line(spec_id)}@{spec_digest[:_DIGEST]}\nRun: {_line(run)}"
    return "\n\n".join([harmless(_line(title)), *_paragraphs(harmless(body)), block]) + "\n"


def parse_trailers(message: str) -> dict[str, tuple[str, ...]]:
    """Trailers by name, values in order; empty where the last paragraph is not made of trailers alone.

    Stricter than git, which also takes a last paragraph that is a quarter trailers: what we wrote is all trailers.
    """
    _, blank, last = message.rstrip().rpartition("\n\n")
    matches = [_TRAILER.fullmatch(line.rstrip()) for line in last.split("\n")]
    if not blank or not all(matches):
        return {}
    found: dict[str, list[str]] = {}
    for match in filter(None, matches):
        found.setdefault(match[1], []).append(match[2])
    return {name: tuple(values) for name, values in found.items()}


def _line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _paragraphs(body: str) -> list[str]:
    """Prose wrapped at 72 columns; a paragraph with lists or code keeps its lines."""
    text = _CONTROL.sub(" ", body.replace("\r\n", "\n").expandtabs(4))
    blocks = (block.strip("\n") for block in re.split(r"\n[ ]*\n", text))
    return [_wrapped(block) for block in blocks if block.strip()]


def _wrapped(block: str) -> str:
    lines = [line.rstrip() for line in block.split("\n")]
    if any(re.match(r"[ ]|[-*+>|#`~]|\d+[.)] ", line) for line in lines):
        return "\n".join(line for line in lines if line)
    return textwrap.fill(" ".join(lines), _WIDTH, break_long_words=False, break_on_hyphens=False)
