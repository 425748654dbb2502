"""Group T, paths: is the file there that a check reads?"""

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from ..items import code_spans
from ..nouns import Diagnostic
from ..transcript import Step
from .execution_paths import within
from .reading import Reading
from .rule import Rule
from .surroundings import Surroundings

_FILE = r"(?!-)[\w@.-]+(?:/[\w@.-]+)*\.[A-Za-z][\w]{0,5}\Z|(?!-)[\w@.-]+(?:/[\w@.-]+)+\Z"
_ADDRESS = r"[\w.+-]+@(?!\d+x\.)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\Z"
"""Of a mailbox; ``icon@2x.png`` is a picture."""
CODE = (".py", ".pyi", ".ts", ".tsx", ".js", ".mjs", ".jsx", ".go", ".rs", ".rb", ".sh", ".java", ".c", ".h", ".cpp")
MAKERS = frozenset({"touch", "mkdir", "echo", "printf", "cp", "mv", "tee", "rm", "git", "ln", "tar", "zip"})
_OUTPUT_FLAGS = frozenset({"-o", "--output", "--out", "-O", "--outfile", "--output-file"})
_READERS = frozenset({"open", "Path", "read_csv", "fromfile", "loadtxt"})
_WRITING = re.compile(r"write_text|write_bytes|tmp_path|tempfile|mkdir|monkeypatch|['\"][wax]b?\+?['\"]")


def absent_file(reading: Reading) -> Iterator[Diagnostic]:
    """Files that a check reads, and that neither the repository, a fixture, an item nor the check itself provides."""
    paths = reading.around.paths
    if paths is None:
        return
    for name, line, target in (*_of_transcripts(reading), *_of_python(reading), *_of_bars(reading)):
        path = name.removeprefix("./").rstrip("/")
        there = path in paths or any(other.startswith(f"{path}/") for other in paths)
        if not there and not _provided(reading, path):
            message = f"`{path}` is not in the repository, and no fixture makes it: write ```text fixture {path}"
            yield Diagnostic(code="SPT205", message=message, line=line, target=target)


def _provided(reading: Reading, path: str) -> bool:
    """Whether the spec makes a path: as a fixture, an interface, an output that an item names, code that is owned."""
    spec = reading.spec
    made = {fixture.path for fixture in spec.fixtures} | {interface.path for interface in spec.interfaces}
    folder = any(other.startswith(f"{path}/") for other in made)
    named = any(path in code_spans(item.text) for item in spec.normative if item.kind != "performance")
    code = path.endswith(CODE) and (not spec.meta.owns or any(within(path, glob) for glob in spec.meta.owns))
    return path in made or folder or named or code


def _of_transcripts(reading: Reading) -> Iterator[tuple[str, int, str]]:
    for check, steps in reading.transcripts:
        made: set[str] = set()
        for step in steps:
            words = words_of(step.command)
            made |= _made(words)
            for word in _read(words, step):
                if word not in made and not any(word.startswith(f"{path}/") for path in made):
                    yield word, step.line, check.id


def words_of(command: str) -> list[str]:
    """The words of a command line, operators apart; none where a quotation is open."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        return list(lexer)
    except ValueError:
        return []


def _made(words: list[str]) -> set[str]:
    """What a command line creates: the target of a redirection or of ``-o``, the arguments of makers of files."""
    pairs = set(pairwise(words))
    made = {word for before, word in pairs if before in {">", ">>"} or before in _OUTPUT_FLAGS}
    if words and words[0] in MAKERS:
        made |= set(words[1:])
    return made


def _read(words: list[str], step: Step) -> Iterator[str]:
    """The files of a command that is to succeed; of one that is to fail nobody knows which are meant to be absent."""
    if step.exit or step.stderr or not words:
        return
    for word in words[1:]:
        value = word.partition("=")[2] if word.startswith("--") else word
        if _is_file(value) and "..." not in value:
            yield value


def _is_file(word: str) -> bool:
    """Whether a word of a command reads like a path, and not like the address of a mailbox."""
    return re.match(_FILE, word) is not None and re.match(_ADDRESS, word) is None


def _of_python(reading: Reading) -> Iterator[tuple[str, int, str]]:
    for check, module in reading.python:
        if _WRITING.search(check.body):
            continue
        for node in ast.walk(module):
            match node:
                case ast.Call(
                    func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(path)), *_]
                ) if name in _READERS and re.match(_FILE, path):
                    yield path, check.line + node.lineno - 1, check.id
                case _:
                    pass


def _of_bars(reading: Reading) -> Iterator[tuple[str, int, str]]:
    """The files of the commands that bars of performance measure."""
    for item in reading.spec.items.values():
        if item.kind == "performance":
            for word in words_of(next(iter(code_spans(item.text)), ""))[1:]:
                if _is_file(word):
                    yield word, item.line, item.id


_R1 = "# a\n\n- **R1** `a` MUST print the number of lines.\n"
_CHECK = "\n```console R1\n$ a data/two.log\n2\n```\n"
RULES = (
    Rule(
        code="SPT205",
        name="absent-file",
        severity="warning",
        why="A check that reads a file which nobody makes fails whatever is built.",
        source="this format: its own example had this defect",
        bad=_R1 + _CHECK,
        good=_R1 + "\n```text fixture data/two.log\n1\n2\n```\n" + _CHECK,
        around=Surroundings(paths=frozenset({"README.md"})),
        find=absent_file,
    ),
)
