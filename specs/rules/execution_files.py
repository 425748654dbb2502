"""Group X, files: is there what the spec names, and do its fixtures leave alone what is judged?"""

import posixpath
import re
from collections.abc import Iterator

from .. import front_matter
from ..nouns import Diagnostic, Fixture, Image
from .reading import Reading
from .rule import Hit, Rule
from .surroundings import Surroundings
from .testability_paths import CODE

_LONGEST = 80
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:"
_OF_THIS_MACHINE = r"(?:file|[A-Za-z]):"
"""A path with a scheme of its own, or with the letter of a drive."""
_FOR_TESTS = r"(?:^|/)(?:tests?|testdata|fixtures?|examples?)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$"


def lost_pictures(reading: Reading) -> Iterator[Diagnostic]:
    """Pictures that no run can show, because they are outside of the repository or not in it."""
    for image in reading.spec.images:
        why = _lost(image, reading.around)
        if why:
            message = f"the picture `{image.path[:_LONGEST]}` {why}"
            yield Diagnostic(code="SPX411", message=message, line=image.line, target=image.item)


def _lost(image: Image, around: Surroundings) -> str:
    """Why a picture cannot be shown; empty where it can, or where nobody knows."""
    if re.match(_OF_THIS_MACHINE, image.path, re.IGNORECASE):
        return "is a path of one machine: put the file into the repository, and name it from the spec's folder"
    if around.place is None or image.path.startswith("//") or re.match(_SCHEME, image.path):
        return ""
    path = from_root(image.path, place=around.place)
    if path is None:
        return "leads out of the repository: put the file into it, for nothing outside is read"
    if around.paths is None or path in around.paths:
        return ""
    root = " (a path that begins with / begins at its root)" if image.path.startswith("/") else ""
    return f"is no file of the repository{root}: correct the path, or `git add` the file"


def from_root(written: str, *, place: str) -> str | None:
    """The path from the root of the repository that a spec at ``place`` means; None for one that leads out of it.

    As a run finds it, and as a forge does: percent-encoded, from the root where it begins with a slash.
    """
    path = re.split(r"[?#]", written, maxsplit=1)[0]
    folder = "" if path.startswith("/") else posixpath.dirname(place)
    if "%" in path:
        from urllib.parse import unquote  # noqa: PLC0415 - most specs have no such path and need not wait for it

        path = unquote(path)
    path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    return None if path == ".." or path.startswith("../") else path


def absent_specs(reading: Reading) -> Iterator[Diagnostic]:
    """Specs that this one depends on, and that are not there."""
    line = front_matter.line_of(front_matter.split(reading.spec.text)[0], "depends")
    for name in dict.fromkeys(reading.spec.meta.depends):
        if name in reading.around.absent_specs:
            message = f"`{name[:_LONGEST]}` in `depends` is no file beside this spec, nor from the root: write its path"
            yield Diagnostic(code="SPX413", message=message, line=line, target=name)


def laid_over_work(reading: Reading) -> Iterator[Diagnostic]:
    """Fixtures at the path of an interface, or of a source file that says something else."""
    declared = {interface.path: interface.line for interface in reading.spec.interfaces}
    for fixture in reading.spec.fixtures:
        path = fixture.path[:_LONGEST]
        if fixture.path in declared:
            message = (
                f"the fixture `{path}` is the file of the interface on line {declared[fixture.path]}:"
                " `verify` would judge the fixture instead of the work"
            )
            yield Diagnostic(code="SPX412", message=message, line=fixture.line, target=fixture.path)
        elif fixture.path in reading.around.differing and _is_source(fixture):
            message = (
                f"the fixture `{path}` replaces a source file of the repository wherever a check runs: keep what checks"
                " read apart from the code, such as in tests/data/"
            )
            yield Hit(code="SPX412", message=message, line=fixture.line, target=fixture.path, severity="warning")


def _is_source(fixture: Fixture) -> bool:
    return fixture.path.endswith(CODE) and re.search(_FOR_TESTS, fixture.path) is None


_R1 = "# a\n\n- **R1** It MUST look like this: ![the window]({})\n"
_F = "# a\n\n- **R1** `f` MUST return 1.\n\n```python interface src/a.py\ndef f() -> int: ...\n```\n"
RULES = (
    Rule(
        code="SPX411",
        name="lost-picture",
        severity="warning",
        why="A picture that is not in the repository is shown to nobody, and the work is done without it.",
        source="this format: pictures come from the commit that a run starts from",
        bad=_R1.format("../window.png"),
        good=_R1.format("window.png"),
        around=Surroundings(paths=frozenset({"docs/a.md", "docs/window.png"}), place="docs/a.md"),
        find=lost_pictures,
    ),
    Rule(
        code="SPX412",
        name="fixture-over-code",
        severity="error",
        why="A fixture is laid over each tree that is judged, so at the path of code it is judged in the code's place.",
        source="this format: fixtures come with the spec, code comes from workers",
        bad=_F + "\n```text fixture src/a.py\ndef f(): return 1\n```\n",
        good=_F + "\n```text fixture tests/data/a.py\ndef f(): return 1\n```\n",
        around=Surroundings(paths=frozenset()),
        find=laid_over_work,
    ),
    Rule(
        code="SPX413",
        name="absent-spec",
        severity="warning",
        why="A spec that waits for another one waits for ever where that one is not there.",
        source="this format: `agentctl batch` refuses such a spec",
        bad="---\ndepends: [parser.spec.md]\n---\n" + _F,
        good="---\ndepends: [lexer.spec.md]\n---\n" + _F,
        around=Surroundings(absent_specs=frozenset({"parser.spec.md"})),
        find=absent_specs,
    ),
)
