"""What files define, import and rely on, in every language that is known."""

import pytest
from agentctl.orchestrator.rules.references import Reader
from agentctl.orchestrator.rules.symbols import Definition, other_arguments, other_result, read_source
from agentctl.specs.grammars import language_of

PYTHON = """\
class Store(Base):
    size: int = 3

    async def put(self, key, *, old=1) -> "int": ...
    def all(self, *keys): ...


@cache
def load(path, mode="r"):
    inner = 1
if True:
    LIMIT = 3
"""
SCRIPT = """\
export function load(path: string, mode?: string): Promise<Row> { const inner = 1; }
export class Store { put(key: string, ...rest: any[]): void {} }
export const find = (key: string): number => 1;
export type Row = { key: string };
export interface Shelf { find(key: string): Row }
"""
GO = """\
package store
type Store struct { size int }
func (s *Store) Put(key, value string) error { return nil }
func Load(path string, more ...int) int { return 1 }
const Limit = 3
"""
RUST = """\
pub struct Store { size: u8 }
impl Store { pub fn put(&self, key: &str) -> u8 { 1 } }
pub fn load(path: &str, mode: u8) -> Vec<u8> { todo!() }
pub const LIMIT: u8 = 3;
"""


def defined(path: str, text: str) -> list[tuple[str, int, int | None, float, str]]:
    found = read_source(language_of(path) or "", text.encode()).definitions
    return [(each.name, each.line, each.least, each.most, each.returns) for each in found]


MANY = float("inf")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", PYTHON, [
            ("Store", 1, None, MANY, ""), ("Store.size", 2, None, MANY, ""), ("Store.put", 4, 1, 2, "async int"),
            ("Store.all", 5, 0, MANY, ""), ("load", 9, 1, 2, ""), ("LIMIT", 12, None, MANY, ""),
        ]),
        ("a.ts", SCRIPT, [
            ("load", 1, 1, 2, "Promise<Row>"), ("Store", 2, None, MANY, ""), ("Store.put", 2, 1, MANY, "void"),
            ("find", 3, 1, 1, "number"), ("Row", 4, None, MANY, ""), ("Row.key", 4, None, MANY, ""),
            ("Shelf", 5, None, MANY, ""), ("Shelf.find", 5, 1, 1, "Row"),
        ]),
        ("a.go", GO, [
            ("Store", 2, None, MANY, ""), ("Store.Put", 3, 2, 2, "error"), ("Load", 4, 1, MANY, "int"),
            ("Limit", 5, None, MANY, ""),
        ]),
        ("a.rs", RUST, [
            ("Store", 1, None, MANY, ""), ("Store.put", 2, 1, 1, "u8"), ("load", 3, 2, 2, "Vec<u8>"),
            ("LIMIT", 4, None, MANY, ""),
        ]),
        ("a.py", "def broken(:\n  x\n\ndef good(): ...\n", [("broken", 1, 0, 0, ""), ("good", 4, 0, 0, "")]),
    ],
)  # fmt: skip
def test_definitions_have_a_line_and_what_callers_see(path: str, text: str, expected: list[object]) -> None:
    assert defined(path, text) == expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("f(a): ...", "f(a, b): ...", "takes 2 arguments instead of 1 argument"),
        ("f(a, b): ...", "f(a): ...", "takes 1 argument instead of 2 arguments"),
        ("f(a, b=1): ...", "f(a, b, *c): ...", "takes 2 arguments or more instead of 1 to 2 arguments"),
        ("f(a, b=1): ...", "f(a): ...", ""),
        ("f(argv=None): ...", "f(argv): ...", ""),
        ("f(*a): ...", "f(): ...", ""),
        ("f() -> int: ...", "f() -> str: ...", "returns `str` instead of `int`"),
        ("f() -> int: ...", "f(a=1): ...", ""),
        ("f(a): ...", "f(b): ...", ""),
        ("f() -> 'Optional[List[int]]': ...", "f() -> list[int] | None: ...", ""),
    ],
)
def test_a_difference_is_what_callers_have_to_do_otherwise(old: str, new: str, words: str) -> None:
    def one(text: str) -> Definition:
        return read_source("python", f"def {text}".encode()).definitions[0]

    assert (other_arguments(one(old), one(new)) or other_result(one(old), one(new))) == words


PATHS = frozenset(
    [
        *("src/app/__init__.py", "src/app/io.py", "src/app/sub/__init__.py", "src/app/sub/x.py", "other/io.py"),
        *("lib/store.ts", "lib/index.ts", "lib/deep/x.ts", "far/store.ts", "store/store.go", "api/api.go"),
        *("src/store.rs", "src/lib.rs", "src/api.rs"),
    ]
)


@pytest.mark.parametrize(
    ("path", "text", "symbol", "target", "line"),
    [
        ("src/app/x.py", "from .io import load", "load", "src/app/io.py", 1),
        ("src/app/x.py", "from .io import (\n    dump,\n    load as l,\n)", "load", "src/app/io.py", 3),
        ("src/app/sub/x.py", "from ..io import load", "load", "src/app/io.py", 1),
        ("src/app/sub/x.py", "from .io import load", "load", "src/app/io.py", None),
        ("tests/x.py", "from app.io import load", "load", "src/app/io.py", 1),
        ("tests/x.py", "from app import load", "load", "src/app/io.py", 1),
        ("tests/x.py", "from other.io import load", "load", "src/app/io.py", None),
        ("other/x.py", "from io import load", "load", "src/app/io.py", None),
        ("tests/x.py", "from app import io\n\nio.load(1)", "load", "src/app/io.py", 3),
        ("tests/x.py", "import app.io as i\n\ni.load(1)", "load", "src/app/io.py", 3),
        ("tests/x.py", "import app.io\napp.io.load(1)", "load", "src/app/io.py", 2),
        ("tests/x.py", "from app.io import *\nload(1)", "load", "src/app/io.py", 2),
        ("tests/x.py", "def load(): ...\nload(1)", "load", "src/app/io.py", None),
        ("tests/x.py", "from app.io import Store\nStore().put(1)", "Store.put", "src/app/io.py", 2),
        ("tests/x.py", "from app.net import Store\nStore().put(1)", "Store.put", "src/app/io.py", None),
        ("api.ts", "import { load as l, type Row } from './lib/store.js'", "load", "lib/store.ts", 1),
        ("api.ts", "import { load } from './lib'", "load", "lib/store.ts", 1),
        ("api.ts", "import { load } from '@/store'", "load", "lib/store.ts", 1),
        ("api.ts", "import { load } from 'store'", "load", "lib/store.ts", None),
        ("api.ts", "import * as s from './lib/store'\nlet r: s.Row", "Row", "lib/store.ts", 2),
        ("far/x.ts", "import { load } from './store'", "load", "lib/store.ts", None),
        ("api.js", "const { load: l } = require('./lib/store')", "load", "lib/store.ts", 1),
        ("lib/index.ts", "export { load } from './store'", "load", "lib/store.ts", 1),
        ("api.ts", "const s = await import('./lib/store')\ns.load(1)", "load", "lib/store.ts", 2),
        ("api.ts", "import './lib/store'\nother.load(1)", "load", "lib/store.ts", None),
        ("api.ts", "export * from './lib/store'", "load", "lib/store.ts", None),
        ("api/x.go", 'package api\nimport s "ex.com/app/store"\nvar a = s.Load(1)', "Load", "store/store.go", 3),
        ("api/x.go", 'package api\nimport "ex.com/app/other"\nvar a = other.Load(1)', "Load", "store/store.go", None),
        ("store/x.go", "package store\nfunc f() { Load(1) }", "Load", "store/store.go", 2),
        ("store/x.go", "package store\nfunc f(Load int) { g(Load) }", "Load", "store/store.go", None),
        ("src/api.rs", "use crate::store::{self, load as l};", "load", "src/store.rs", 1),
        ("src/api.rs", "use crate::store;\nfn f() { store::load() }", "load", "src/store.rs", 2),
        ("src/api.rs", "use std::store_of::load;", "load", "src/store.rs", None),
        ("src/lib.rs", "mod store;\npub use store::*;\nfn f() { load() }", "load", "src/store.rs", 3),
    ],
)
def test_a_use_is_found_where_the_import_means_that_file(
    path: str, text: str, symbol: str, target: str, line: int | None
) -> None:
    language = language_of(path) or ""
    reader = Reader(path=path, language=language, source=read_source(language, text.encode()), paths=PATHS)
    use = reader.use_of(symbol, target)
    assert (use.line if use is not None else None) == line


@pytest.mark.parametrize("language", ["python", "typescript", "go", "rust"])
@pytest.mark.parametrize("unit", ["{", "(", "if 1:\n ", "use a::{", "class A {", "a.b", "[", "import "])
def test_code_that_nests_deeper_than_python_recurses_is_read(language: str, unit: str) -> None:
    read_source(language, (unit * 3_000).encode())
