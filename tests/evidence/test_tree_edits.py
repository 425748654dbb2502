"""Wrong programs in JavaScript, TypeScript, Go and Rust."""

import pytest
from agentctl.orchestrator.evidence.mutants import mutants
from agentctl.orchestrator.evidence.sources import is_mutable
from agentctl.orchestrator.evidence.tree_edits import apply, edits, scopes
from agentctl.orchestrator.evidence.tree_values import wrong_value

TS = """\
import { x } from "./x";
export function clamp(n: number, low = 0): number {
  if (n < low && !x(n)) {
    return low;
  }
  this.n = n;
  log(n);
  console.assert(n);
  return Math.min(n, 7);
}
export const shout = (t: string) => t.toUpperCase();
function later(): number { throw new Error("not implemented"); }
"""
GO = """\
package a

func (p *Box) Fit(a int) (int, error) {
	if a < 3 && !p.ok {
		return a + 1, nil
	}
	p.n = a
	p.log()
	return 0, nil
}

func Later() int { panic("not implemented") }
"""
RUST = """\
impl<T> Box<T> {
    pub fn fit(&mut self, a: i32) -> Option<String> {
        if a < 3 && !self.ok { return None; }
        self.n = a;
        self.log();
        Some(a.max(7).to_string())
    }
}
pub fn add(a: i32, b: i32) -> i32 { a + b }
fn later() -> i32 { todo!() }
#[cfg(test)]
mod tests {
    #[test]
    fn adds() { assert_eq!(super::add(1, 2), 3); check(4); }
}
"""


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "typescript",
            TS,
            {
                ("clamp", "branch", "(n < low && !x(n))", "(!(n < low && !x(n)))"),
                ("clamp", "comparison", "<", "<="),
                ("clamp", "negation", "<", ">="),
                ("clamp", "logic", "&&", "||"),
                ("clamp", "logic", "!x(n)", "(x(n))"),
                ("clamp", "return", "low", "(low) + 1"),
                ("clamp", "dropped", "this.n = n;", ";"),
                ("clamp", "dropped", "log(n);", ";"),
                ("clamp", "return", "Math.min(n, 7)", "(Math.min(n, 7)) + 1"),
                ("clamp", "order", "min", "max"),
                ("clamp", "boundary", "7", "8"),
                ("clamp", "negation", "7", "6"),
                ("shout", "return", "t.toUpperCase()", '""'),
            },
        ),
        (
            "go",
            GO,
            {
                ("Box.Fit", "branch", "a < 3 && !p.ok", "!(a < 3 && !p.ok)"),
                ("Box.Fit", "comparison", "<", "<="),
                ("Box.Fit", "negation", "<", ">="),
                ("Box.Fit", "boundary", "3", "4"),
                ("Box.Fit", "negation", "3", "2"),
                ("Box.Fit", "logic", "&&", "||"),
                ("Box.Fit", "logic", "!p.ok", "(p.ok)"),
                ("Box.Fit", "return", "a + 1", "(a + 1) + 1"),
                ("Box.Fit", "arithmetic", "+", "-"),
                ("Box.Fit", "boundary", "1", "2"),
                ("Box.Fit", "negation", "1", "0"),
                ("Box.Fit", "dropped", "p.n = a", ""),
                ("Box.Fit", "dropped", "p.log()", ""),
                ("Box.Fit", "boundary", "0", "1"),
            },
        ),
        (
            "rust",
            RUST,
            {
                ("Box.fit", "branch", "a < 3 && !self.ok", "!(a < 3 && !self.ok)"),
                ("Box.fit", "comparison", "<", "<="),
                ("Box.fit", "negation", "<", ">="),
                ("Box.fit", "boundary", "3", "4"),
                ("Box.fit", "negation", "3", "2"),
                ("Box.fit", "logic", "&&", "||"),
                ("Box.fit", "logic", "!self.ok", "(self.ok)"),
                ("Box.fit", "dropped", "self.n = a;", "();"),
                ("Box.fit", "dropped", "self.log();", "();"),
                ("Box.fit", "return", "Some(a.max(7).to_string())", "None"),
                ("Box.fit", "order", "max", "min"),
                ("Box.fit", "boundary", "7", "8"),
                ("Box.fit", "negation", "7", "6"),
                ("add", "return", "a + b", "(a + b) + 1"),
                ("add", "arithmetic", "+", "-"),
            },
        ),
    ],
)
def test_the_edits_of_a_file(language: str, text: str, expected: object) -> None:
    found = edits(language, text.encode())
    assert {(each.scope, each.kind, each.was, each.now) for each in found} == expected
    assert [each for each in found if apply(language, text.encode(), each) is None] == []


def test_a_condition_of_a_loop_comes_last_and_its_body_does_not() -> None:
    text = b"function f(n) { while (n > 3) { n = n - 2; } return n; }"
    assert {(each.kind, each.was) for each in edits("javascript", text)} >= {("loop", ">"), ("arithmetic", "-")}


@pytest.mark.parametrize(
    "text",
    [
        b'import { a } from "./b";\nexport type T = 3;\nenum E { A = 1 }\n',
        b"function f(n = 3) {}\n",
        b"const a = `text`;\nconst s = 'x';\n",
        b"function (",
    ],
)
def test_what_is_no_behaviour_is_left_alone(text: bytes) -> None:
    assert edits("typescript", text) == ()


def test_code_that_nests_without_end_is_read_as_far_as_it_goes() -> None:
    assert [each.kind for each in edits("typescript", b"x(" * 5_000 + b")" * 5_000)] == ["dropped"]


def test_functions_are_known_by_their_names_and_by_what_they_use() -> None:
    named = {scope.name: scope.uses for scope in scopes("typescript", TS.encode())}
    assert set(named) == {"", "clamp", "shout"}
    assert {"x", "log", "min"} <= named["clamp"]


def test_what_is_named_is_tried_first_in_any_language() -> None:
    files = {"src/a.ts": TS.encode(), "src/b.ts": b"export function other(n: number) { return n * 2; }\n"}
    chosen = mutants(files, named={"other"}, most=3)
    assert {mutant.path for mutant, _ in chosen} == {"src/b.ts"}
    assert str(chosen[0][0]).startswith("src/b.ts:1 ")


@pytest.mark.parametrize(
    ("language", "kind", "text", "returns", "expected"),
    [
        ("go", "identifier", "s", "string", '""'),
        ("go", "interpreted_string_literal", '""', "string", '"mutant"'),
        ("go", "identifier", "ok", "bool", "!(ok)"),
        ("go", "binary_expression", "a < b", "bool", None),
        ("go", "identifier", "p", "*Point", "nil"),
        ("go", "identifier", "p", "Point", None),
        ("go", "nil", "nil", "error", None),
        ("rust", "identifier", "x", "-> Vec<u8>", "Vec::new()"),
        ("rust", "identifier", "x", "-> &'static str", '""'),
        ("rust", "identifier", "x", "-> Point", None),
        ("javascript", "identifier", "x", "", "undefined"),
        ("javascript", "array", "[1]", "", "[]"),
        ("javascript", "object", "{ a }", "", "({})"),
        ("javascript", "undefined", "undefined", "", None),
        ("typescript", "identifier", "x", "boolean", "!(x)"),
        ("typescript", "number", "3", "number", None),
    ],
)
def test_another_value_of_the_same_type(
    language: str, kind: str, text: str, returns: str, expected: str | None
) -> None:
    assert wrong_value(language, kind, text, returns=returns, count=1) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.ts", True),
        ("cmd/a/main.go", True),
        ("src/lib.rs", True),
        ("src/a.py", True),
        ("src/a.test.ts", False),
        ("a_test.go", False),
        ("tests/it.rs", False),
        ("src/__tests__/a.js", False),
        ("src/a.d.ts", False),
        ("vitest.config.ts", False),
        ("test_a.py", False),
        ("README.md", False),
    ],
)
def test_programs_are_made_wrong_and_tests_are_not(path: str, expected: object) -> None:
    assert is_mutable(path) is expected
