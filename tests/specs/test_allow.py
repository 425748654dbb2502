import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Allow
from agentctl.specs.parse import parse


def spec(front: str) -> str:
    return f"---\nallow: {front}\n---\n# x: does y\n\n- **R1** `f()` in `src/f.py` MUST return 1.\n"


def test_what_is_allowed_beforehand_is_read() -> None:
    found = parse(spec('{deps: [httpx, "@types/node"], paths: ["package.json"]}'))
    assert found.meta.allow == Allow(deps=("httpx", "@types/node"), paths=("package.json",))
    assert not [each for each in lint(found) if each.severity == "error" and each.code.startswith(("SPF", "SPX"))]


def test_lines_below_the_key_mean_the_same() -> None:
    text = spec("X").replace(" X", "\n  deps:\n    - httpx\n")
    assert parse(text).meta.allow == Allow(deps=("httpx",))


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("{dep: [httpx]}", "`allow` has an unknown key `dep` (did you mean `deps`?)"),
        ("{path: [a]}", "(did you mean `paths`?)"),
        ("{sudo: [a]}", "`allow` has an unknown key `sudo`"),
        ("[httpx]", "`allow` must be such as"),
        ("httpx", "`allow` must be such as"),
        ("{deps: httpx}", "must be a list of texts"),
        ('{deps: ["httpx>=1"]}', "without versions; `httpx>=1` is none"),
        ('{deps: ["--index-url=x"]}', "is none"),
        ('{deps: ["a; rm -rf /"]}', "is none"),
        ("{network: [example.org]}", "no command of a worker reaches one"),
    ],
)
def test_what_cannot_be_allowed_is_an_error_that_says_what_would_do(front: str, said: str) -> None:
    findings = [each for each in lint(parse(spec(front))) if each.severity == "error"]
    assert [each.line for each in findings if said in each.message] == [2]


def test_paths_outside_the_repository_are_told() -> None:
    codes = {each.code for each in lint(parse(spec('{paths: ["../x"]}')))}
    assert "SPX401" in codes


def test_an_allowance_at_the_wrong_place_is_taken_for_a_slip() -> None:
    messages = [each.message for each in lint(parse("---\ndeps: [httpx]\n---\n# x: y\n"))]
    assert any("did you mean `allow`" in message for message in messages)
