import pytest
from agentctl.orchestrator.rules.interfaces import interface_hash
from agentctl.orchestrator.rules.offered import broken_in, offered

TS = """\
import { x } from "./x";
export interface Shape { area(scale: number): number; }
export type Id = string;
export const LIMIT = 3;
export const shout = (text: string): string => text.toUpperCase();
export async function add(a: number, b = 2, ...rest: number[]): Promise<number> { return a + b; }
export class Box { constructor(size: number) {} open(force?: boolean) {} #hidden() {} }
"""
GO = """\
package calc

const Max = 3

type Point struct{ X int }

type Shape interface{ Area(scale float64) float64 }

func Add(a, b int) int { return a + b }

func (p *Point) Move(dx int) {}

func hidden() {}
"""
RUST = """\
pub const MAX: usize = 3;
pub struct Point { pub x: i32 }
pub trait Shape { fn area(&self, scale: f64) -> f64; }
impl Shape for Point { fn area(&self, scale: f64) -> f64 { scale } }
impl Point { pub fn shift(&mut self, dx: i32) {} fn hidden(&self) {} }
pub fn add(a: i32, b: i32) -> i32 { a + b }
fn hidden() {}
"""


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "typescript",
            TS,
            {
                "Shape": None,
                "Shape.area": ("scale",),
                "Id": None,
                "LIMIT": None,
                "shout": ("text",),
                "add": ("a", "b", "...rest"),
                "Box": None,
                "Box.constructor": ("size",),
                "Box.open": ("force",),
            },
        ),
        (
            "go",
            GO,
            {
                "Max": None,
                "Point": None,
                "Shape": None,
                "Shape.Area": ("scale",),
                "Add": ("a", "b"),
                "Point.Move": ("dx",),
            },
        ),
        (
            "rust",
            RUST,
            {
                "MAX": None,
                "Point": None,
                "Shape": None,
                "Shape.area": ("scale",),
                "Point.area": ("scale",),
                "Point.shift": ("dx",),
                "add": ("a", "b"),
            },
        ),
    ],
)
def test_what_a_file_offers(language: str, text: str, expected: object) -> None:
    assert offered(language, text) == expected


@pytest.mark.parametrize(
    ("path", "stub", "source", "words"),
    [
        (
            "a.ts",
            "export function add(a: number, b: number): number;",
            "export const add = (a: number, b: number) => a;",
            [],
        ),
        (
            "a.ts",
            "export function add(a: number): number;",
            "export function sum(a: number) {}",
            ["function `add` is missing"],
        ),
        (
            "a.js",
            "export function add(a, b) {}",
            "export function add(b, a) { return a; }",
            ["function `add` takes (b, a); declared is `add(a, b)`"],
        ),
        ("a.js", "export function add(a) {}", "export function add(a, b = 1) { return a; }", []),
        ("a.go", "package a\n\nfunc Add(a int) int", "package a\n\nfunc Add(a int) int { return a }\n", []),
        ("a.rs", "pub trait T { fn f(&self, a: u8); }", "pub trait T { fn g(&self); }", ["function `T.f` is missing"]),
        ("a.ts", "export function (", "", []),
        ("a.py", "def f(a): ...", "def g(a): ...", ["function `f(a)` is missing"]),
    ],
)
def test_what_a_stub_declares_is_kept(path: str, stub: str, source: str, words: list[str]) -> None:
    assert [each.words for each in broken_in(path, stub, source)] == words


@pytest.mark.parametrize(
    ("path", "text", "body", "signature"),
    [
        ("a.ts", TS, ("a + b", "a - b"), ("b = 2", "b = 3")),
        ("a.go", GO, ("a + b", "a - b"), ("dx int", "dx int64")),
        ("a.rs", RUST, ("a + b", "a - b"), ("dx: i32", "dx: i64")),
    ],
)
def test_a_body_changes_no_interface_and_a_signature_does(
    path: str, text: str, body: tuple[str, str], signature: tuple[str, str]
) -> None:
    was = interface_hash(path, text.encode())
    assert interface_hash(path, text.replace(*body).encode()) == was
    assert interface_hash(path, text.replace(*signature).encode()) != was
    assert interface_hash(path, b"function (") != interface_hash(path, b"function ((")
