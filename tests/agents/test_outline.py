"""Outlines of source files."""

from agentctl.agents.outline import MAX_BYTES, Symbol, first_error, is_known, outline, outline_text

PYTHON = '''\
import os

LIMIT: int = 3
a, b = 1, 2

@dataclass
class A(Base):
    """Doc."""

    field: str = "x"

    @property
    def f(
        self,
        x: int,
    ) -> str:
        inner = 1
        def hidden(): ...
        return ""

if os.name:
    async def g(*, y=2): ...
'''

TYPESCRIPT = """\
export interface User { name: string }
export type Id = string | number;
export const load = async (id: Id): Promise<User> => { return hidden(id); };
const LIMIT = 3;
export default class Store<T> extends Base {
  private items = new Map();
  constructor(private path: string) { super(); }
  get(id: Id): T { return 1; }
}
export function save<T>(x: T): void { function hidden() {} }
"""


def test_python_shows_definitions_fields_and_constants() -> None:
    assert outline_text("a.py", PYTHON.encode()) == (
        "3: LIMIT: int = 3\n"
        "7: class A(Base)\n"
        '  10: field: str = "x"\n'
        "  13: def f( self, x: int, ) -> str\n"
        "22: async def g(*, y=2)\n"
    )


def test_typescript_shows_types_functions_and_members() -> None:
    assert outline_text("a.ts", TYPESCRIPT.encode()).splitlines() == [
        "1: interface User { name: string }",
        "2: type Id = string | number;",
        "3: load = async (id: Id): Promise<User>",
        "4: LIMIT = 3",
        "5: class Store<T> extends Base",
        "  6: private items = new Map()",
        "  7: constructor(private path: string)",
        "  8: get(id: Id): T",
        "10: function save<T>(x: T): void",
    ]


def test_what_is_private_by_its_name_can_be_left_out() -> None:
    python = (
        b"_LIMIT = 3\nLIMIT = 4\nclass _Row:\n    size: int\n"
        b"class Table:\n    _rows: list\n    def __init__(self): ...\n"
        b"    def _grow(self): ...\n    def grow(self): ...\ndef _main(): ...\n"
    )
    assert outline_text("a.py", python, public=True).splitlines() == [
        "2: LIMIT = 4",
        "5: class Table",
        "  7: def __init__(self)",
        "  9: def grow(self)",
    ]
    hook = b"class Table:\n    @abstractmethod\n    def _grow(self): ...\n"
    assert outline_text("a.py", hook, public=True).splitlines() == ["1: class Table", "  3: def _grow(self)"]
    assert outline_text("a.ts", b"export function _grow() {}\n", public=True) == "1: function _grow()\n"
    assert outline_text("a.go", b"package a\n\nfunc _grow() {}\n", public=True) == "3: func _grow()\n"
    script = b"class Table {\n  #rows = 1\n  #grow() {}\n  grow() {}\n}\n"
    assert outline_text("a.js", script, public=True).splitlines() == ["1: class Table", "  4: grow()"]


def test_javascript_and_jsx_are_known() -> None:
    source = b"export const App = () => <p>hi</p>;\nfunction f(a) {}\n"
    assert outline_text("a.jsx", source) == "1: App = ()\n2: function f(a)\n"
    assert outline_text("a.tsx", source) == "1: App = ()\n2: function f(a)\n"


def test_broken_code_keeps_what_parses() -> None:
    source = b"def one(): return 1\n\ndef broken(:\n    pass\n\ndef two(): return 2\n"
    assert {each.text for each in outline("a.py", source)} >= {"def one()", "def two()"}


def test_the_first_error_is_found() -> None:
    assert first_error("a.py", b"x = 1\ny = (2\n") == 2
    assert first_error("a.py", b"x = 1\n") is None
    assert first_error("a.txt", b"(((") is None


def test_what_is_not_code_has_no_outline() -> None:
    assert outline("a.txt", b"def f(): ...") == ()
    assert outline("a.py", b"x = 1\n" * MAX_BYTES) == ()
    assert outline("a.py", b"") == ()
    assert not is_known("Makefile")


def test_hostile_nesting_is_survived() -> None:
    deep = b"class A:\n" + b"".join(b" " * level + b"class B:\n" for level in range(1, 300))
    assert len(outline("a.py", deep)) >= 1
    assert first_error("a.py", b"(" * 50_000) is not None


def test_an_overlong_signature_is_cut() -> None:
    source = f"def f({', '.join(f'argument_{n}' for n in range(99))}): ...".encode()
    assert outline("a.py", source) == (Symbol(line=1, depth=0, text=outline("a.py", source)[0].text),)
    assert len(outline("a.py", source)[0].text) == 160


def test_go_and_rust_show_types_methods_and_constants() -> None:
    go = (
        b"package a\n\nconst Max = 3\n\nvar (\n\tz = 1\n)\n\ntype Point struct {\n\tX int\n}\n\n"
        b"func Add[T any](a, b T) (T, error) {\n\treturn a, nil\n}\n\nfunc (p *Point) Move(dx int) {\n}\n"
    )
    assert outline_text("a.go", go).splitlines() == [
        "3: Max = 3",
        "6: z = 1",
        "9: Point struct { X int }",
        "13: func Add[T any](a, b T) (T, error)",
        "17: func (p *Point) Move(dx int)",
    ]
    rust = (
        b"pub const MAX: usize = 3;\npub struct P { pub x: i32 }\npub trait S { fn area(&self) -> f64; }\n"
        b"impl S for P { fn area(&self) -> f64 { 0.0 } }\npub fn add(a: i32) -> i32 { let b = a; b }\n"
    )
    assert outline_text("a.rs", rust).splitlines() == [
        "1: pub const MAX: usize = 3;",
        "2: pub struct P { pub x: i32 }",
        "3: pub trait S",
        "  3: fn area(&self) -> f64;",
        "4: impl S for P",
        "  4: fn area(&self) -> f64",
        "5: pub fn add(a: i32) -> i32",
    ]


def test_a_private_base_of_another_class_is_left_in_with_its_public_names() -> None:
    python = (
        b"class _Base:\n    def go(self): ...\n    def _stop(self): ...\n\nclass _Other: ...\n\nclass Car(_Base): ...\n"
    )
    assert outline_text("a.py", python, public=True).splitlines() == [
        "1: class _Base",
        "  2: def go(self)",
        "7: class Car(_Base)",
    ]


def test_unclosed_brackets_of_classes_are_looked_through_in_one_pass() -> None:
    source = b"class A(\n" * 20_000
    assert outline("a.py", source, public=True) == outline("a.py", source)
