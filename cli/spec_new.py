"""`agentctl spec new`: a first draft from one sentence and the repository, then the person's editor. Asks no model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..orchestrator.git.repository import Repository
    from ..specs.sketching import Place

_FILES = 5
_SYMBOLS = 4
_NEAR = 0.35
"""Of the best file's score: what has less is there by accident."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec new` takes."""
    parser.add_argument("sentence", metavar="SENTENCE", help='what is to be built, such as "add --json to ratelog"')
    parser.add_argument("-o", dest="output", metavar="FILE", help="where to write it (default: specs/WORDS.md)")
    parser.add_argument("--no-edit", action="store_true", help="do not open an editor")


def main(args: argparse.Namespace) -> int:
    """Write the draft where nothing is yet, and let the person change it if there is a terminal.

    Raises:
        UsageError: the sentence is empty, the file is there already, or the editor failed.
    """
    import asyncio

    from ..orchestrator.errors import UsageError
    from ..orchestrator.git.opening import open_repository
    from ..specs.sketching import sketch
    from .newfile import write_new
    from .output import emit
    from .repository import locate
    from .terminal import interactive

    if not args.sentence.strip():
        raise UsageError('Say in one sentence what is to be built: agentctl spec new "add --json to ratelog".')
    root = locate(args.repo)
    path = _path(root, args.sentence, output=args.output)
    places = asyncio.run(_places(open_repository(root), args.sentence))
    text = sketch(args.sentence, places=places)
    write_new(path, text)
    if interactive(no_input=args.no_input) and not args.no_edit and not _edited(text, path):
        return 0
    emit([str(path)])
    _tell(path)
    return 0


def _path(root: Path, sentence: str, *, output: str | None) -> Path:
    from ..specs.sketching.draft import file_name

    return Path(output) if output else root / "specs" / f"{file_name(sentence)}.md"


def _edited(text: str, path: Path) -> bool:
    """Whether anything was left in the file when the editor closed; an emptied draft is taken back."""
    from .output import say
    from .processes import edit

    after, _ = edit(text, folder=path.parent, name=path.name)
    if after.strip():
        return True
    path.unlink()
    say("The draft was emptied, so nothing was written.")
    return False


def _tell(path: Path) -> None:
    from ..specs.lint import lint
    from ..specs.parse import parse
    from ..tui.snapshot import counted
    from .output import say

    spec = parse(path.read_text(encoding="utf-8", errors="replace"), name=str(path))
    blanks = sum(finding.code == "SPA113" for finding in lint(spec))
    left = f"{counted(blanks, 'item')} with TBD to fill in; " if blanks else ""
    say(f"{left}next: agentctl lint {path}")


async def _places(git: "Repository", sentence: str) -> "tuple[Place, ...]":
    """The files of HEAD that the sentence is most about; none before the first commit."""
    from ..agents.retrieval import Ranker, query_of
    from ..specs.sketching.draft import words_of

    head = await git.resolve("HEAD")
    words = words_of(sentence)
    if head is None or not words:
        return ()
    ranked = await Ranker(git).rank(await git.tree_of(head), query_of((" ".join(sorted(words)), 1.0)))
    near = [each for each in ranked[:_FILES] if each.score >= _NEAR * ranked[0].score]
    sources = await git.read_many([each.blob for each in near])
    return tuple(_place(each.path, sources.get(each.blob, b""), words) for each in near)


def _place(path: str, source: bytes, words: frozenset[str]) -> "Place":
    from ..agents.outline import outline
    from ..agents.retrieval import words_of as parts_of
    from ..specs.sketching import Place

    shared = [each for each in outline(path, source) if words & set(parts_of(each.text.encode("utf-8", "replace")))]
    return Place(path=path, symbols=tuple((each.line, each.text) for each in shared[:_SYMBOLS]))
