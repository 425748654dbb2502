"""`agentctl spec import`: a spec-kit, Kiro or OpenSpec document, or any text, as a spec of ours."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import options

if TYPE_CHECKING:
    from ..specs.importing import Imported

_NAMELESS = frozenset({"spec", "requirements", "readme", "start", "index", "standard input"})
"""Names of files that say nothing: the folder's says more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `spec import` takes."""
    parser.add_argument("file", metavar="FILE", help="the document, or `-` for standard input")
    parser.add_argument("-o", dest="output", metavar="OUT", help="write the spec there, if nothing is there yet")
    parser.add_argument(
        "--from",
        dest="source",
        choices=["spec-kit", "kiro", "openspec", "prose"],
        help="what the document was written for (default: what it looks like)",
    )
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print or write the spec; tell on stderr what could not be placed or needs a second look, with its lines."""
    from ..specs.importing import OURS, as_it_is, import_spec
    from ..specs.parse import parse
    from .newfile import write_new
    from .output import emit_json, emit_raw, say
    from .specfile import read_spec

    given = read_spec(args.file, otherwise="")
    kept = as_it_is(parse(given.text, name=given.name)) if args.source in {None, "prose"} else None
    imported = kept or import_spec(given.text, name=_title(given.name), source=args.source)
    if imported.source == OURS:
        say(f"{given.name} has ids of this format already and stays as it is: `agentctl lint` and `run` take it")
    if args.output:
        write_new(Path(args.output), imported.text)
    if args.json:
        emit_json({**_document(imported), "file": args.output})
    elif not args.output:
        emit_raw(imported.text)
    for line, said in _told(imported):
        say(f"{given.name}:{line}: {said}")
    say(_summary(imported, written=args.output))
    return 0


def _title(name: str) -> str:
    """What to call a document without a title: by its file, or by its folder where that says more."""
    path = Path(name)
    stem = path.stem.lower()
    return (path.resolve().parent.name if stem in _NAMELESS and path.exists() else path.stem) or "imported spec"


def _document(imported: "Imported") -> dict[str, object]:
    return {
        "source": imported.source,
        "text": imported.text,
        "origins": imported.origins,
        "unplaced": imported.unplaced,
        "remarks": imported.remarks,
    }


def _told(imported: "Imported") -> list[tuple[int, str]]:
    """What to say of which line, in the order of the document."""
    left = [(each.line, f"{each.why}: {each.text}") for each in imported.unplaced]
    return sorted([*left, *((each.line, f"{each.id} {each.why}: {each.text}") for each in imported.remarks)])


def _summary(imported: "Imported", *, written: str | None) -> str:
    from ..tui.snapshot import counted

    kinds = (("R", "requirement"), ("E", "corner case"), ("P", "performance bar"), ("Q", "open question"))
    numbers = [(sum(item[0] == letter for item in imported.origins), name) for letter, name in kinds]
    found = ", ".join(counted(number, name) for number, name in numbers if number) or "no requirements"
    left = (
        f"{counted(len(imported.unplaced), 'sentence')} could not be placed" if imported.unplaced else "all is placed"
    )
    if imported.remarks:
        left += f", {counted(len(imported.remarks), 'item')} to look at"
    into = f"; now see `agentctl lint {written}`" if written else ""
    return f"read as {imported.source}: {found}; {left}{into}"
