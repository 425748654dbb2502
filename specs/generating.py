"""Fixtures made by code: the program that makes one, and what it printed. Pure; running it is for the orchestrator.

A ```` ```python fixture PATH ```` fence holds Python whose standard output is the file, byte for byte. It needs nothing
but the standard library, reads nothing, and must print the same each time: it runs with PYTHONHASHSEED=0 and seeds
what chance it uses.
"""

import base64
import binascii
import zlib

from .nouns import Fixture
from .python_code import compiles, tree

MOST_BYTES = 10_000_000
"""What a generator may print: its file becomes part of the branch."""
_MARK = "agentctl-fixture:"
_PROGRAM = """\
import base64, contextlib, io, os, sys, zlib
if os.environ.get("PYTHONHASHSEED") != "0":
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, "-s", "-c", {program}])
made = io.BytesIO()
out = io.TextIOWrapper(made, "utf-8", write_through=True)
with contextlib.redirect_stdout(out):
    exec(compile({code!r}, {file!r}, "exec"), {{"__name__": "__main__"}})
if len(made.getvalue()) > {most}:
    sys.exit("it made more than {most} bytes")
print("\\n{mark}" + base64.b64encode(zlib.compress(made.getvalue())).decode())
"""


def program(fixture: Fixture, *, file: str) -> str:
    """A Python program that makes a fixture; its tracebacks give the lines of ``file``, the spec.

    Raises CodeError if the code is not Python; its line is that within the fixture.
    """
    tree(fixture.text)
    compiles(fixture.text, of=fixture.text)
    code = "\n" * fixture.line + fixture.text
    once = _PROGRAM.format(program="''", code=code, file=file, most=MOST_BYTES, mark=_MARK)
    return _PROGRAM.format(program=repr(once), code=code, file=file, most=MOST_BYTES, mark=_MARK)


def made(output: str) -> bytes | None:
    """The file that the program's output carries; None where it ended before it was made, or claims to be too large."""
    _, mark, packed = output.rpartition(_MARK)
    if not mark:
        return None
    try:
        # The code could have printed this itself: no more comes out of it than a file may have.
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(packed.split("\n")[0], validate=True), MOST_BYTES + 1)
    except (binascii.Error, zlib.error):
        return None
    return content if unpacking.eof and len(content) <= MOST_BYTES else None
