"""The same program written otherwise."""

import ast
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from agentctl.orchestrator.evidence.respelled import respelled

SYSTEM = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"
"""Where programs are that need nothing of a person's home."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def a(x):\n    return x + 1\n", "def  a ( x ) :\n    return  x  +  (1)\n"),
        ("match x:\n    case -1:\n        y = 2\n", "match  x :\n    case  - 1 :\n        y  =  2\n"),
        ("x = 'a  b' \\\n    'c'  # d\n", "x  =  'a  b' \\\n    'c'   # d\n"),
        ("#!/bin/x\ny = f'{x+1} {z}'\n", "#!/bin/x\ny  =  f'{x+1} {z}'\n"),
        ('def a():\n    """One.\n\n    Two.\n    """\n\n    return (\n        x)\n', None),
    ],
)
def test_every_token_stays_on_its_line_and_the_tree_as_it_is(text: str, expected: str | None) -> None:
    found = respelled("m.py", text.encode())
    assert found is not None
    assert expected is None or found.decode() == expected
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
    assert [line.split() != [] for line in found.decode().split("\n")] == [
        line.split() != [] for line in text.split("\n")
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [("m.c", "x + 1"), ("m.js", "x + = 1"), ("m.js", "x\n"), ("m.py", "def a(:"), ("m.py", ""), ("m.py", "x\n")],
)
def test_what_cannot_be_written_otherwise_is_left(path: str, text: str) -> None:
    assert respelled(path, text.encode()) is None


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("m.js", "const a = `x ${b + 1}`;\n", "const ~a ~= ~`x ${b + 1}`~;\n"),
        ("m.js", "x = /a b/g.test(y) // c d\n", "x ~= ~/a b/g~.~test~(~y~) ~// c d\n"),
        ("m.js", "return a\n  + b\n", "return ~a\n  + ~b\n"),
        ("m.js", "x = f(import.meta.env.A);", "x ~= ~f(import.meta.env.A)~;"),
        ("m.ts", "let a: Array<Array<T>> = b!;", "let ~a~: ~Array~<~Array~<~T~>~> ~= ~b~!~;"),
        ("m.tsx", "const a = <p>b c</p>;", "const ~a ~= ~<p>b c</p>~;"),
        ("m.go", "package a\n\nvar b = 'c' // d\n", "package ~a\n\nvar ~b ~= ~'c' ~// d\n"),
        ("m.rs", "fn f<'a>(x: &'a str) { g!(x + 1); }", "fn ~f~<~'a~>~(~x~: ~&~'a ~str~) ~{ ~g~!~(x + 1)~; ~}"),
    ],
)
def test_other_languages_get_a_comment_between_the_tokens_of_a_line(path: str, text: str, expected: str) -> None:
    found = respelled(path, text.encode())
    assert found is not None
    assert found.decode() == expected.replace("~", " /**/ ")


JS = """\
#!/usr/bin/env node
"use strict"
class Box { #n = 1; get n() { return this.#n ** 2 } static *all() { yield* [1, 2] } }
const odd = (a, b = a < 2 ? /a b/g.test(`x ${a} y`) : a?.[0]?.y) => [a, b]
function later() { return
  1 }
outer: for (const x of Box.all()) { for (;;) { if (x > 1) break outer; continue outer } }
let i = 1
const j = i
++i
console.log(new Box().n, odd(1), later(), i, j, 1..toFixed(1), typeof i === "number" && !0, [..."ab"])
"""
GO = """\
package main

import "fmt"

type box[T any] struct{ V T `json:"a b"` }

func (b *box[T]) get(c <-chan T) (v T, err error) {
outer:
	for i := 0; i < 3; i++ { // three
		switch any(b.V).(type) { case int: continue outer; default: break outer }
	}
	return <-c, nil
}

func main() {
	c := make(chan int, 1); c <- 7&^1
	fmt.Println((&box[int]{1}).get(c))
	fmt.Println('a', "b  c", `d  e`, 1.5, func() int { return 2 }())
}
"""
RUST = """\
#![allow(dead_code)]
/// One.
fn pick<'a, T: Copy>(x: &'a [Vec<Vec<T>>], y: &&str) -> Option<Box<dyn Fn() -> T + 'a>> {
    'l: loop { if x.len()>=1 && y.len() == b"a b".len() || false { break 'l; } return None; }
    let z = x[0][0][0]; Some(Box::new(move || z))
}
unsafe fn never() {}
fn main() {
    let r#type = -1_i32; let t = ((1, 2), 3); let n = [1; 3].iter().map(|a| a+1).sum::<i32>();
    println!("{} {}", r#type  +  t.0.1, n);
    match n { 1 | 2 => {} , -1..=9 if n > 3 => println!("{:?}", r#"a "b" c"#), _ => unsafe { never() } }
    println!("{}", pick(&[vec![vec![4u8]]], &"abc").map_or(0, |f| f()));
}
"""


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("m.cjs", JS, ("node", "m.cjs")),
        ("main.go", GO, ("go", "run", "main.go")),
        ("m.rs", RUST, ("sh", "-c", "rustc --edition 2021 -o m m.rs && ./m")),
    ],
)
def test_a_program_that_is_written_otherwise_does_the_same(
    tmp_path: Path, name: str, text: str, command: Sequence[str]
) -> None:
    program = {"sh": "rustc"}.get(command[0], command[0])
    if shutil.which(program, path=SYSTEM) is None:
        pytest.skip(f"{program} is not installed")
    said, own = [], {**os.environ, "PATH": SYSTEM}
    for each in (text.encode(), respelled(name, text.encode())):
        assert each is not None
        (tmp_path / name).write_bytes(each)
        done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
        said.append((done.returncode, done.stdout))
    assert said[0] == said[1]
    assert said[0][0] == 0
    assert said[0][1]
