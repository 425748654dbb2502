"""What lint says of guides."""

import pytest
from agentctl.guides.lint import LONGEST, flaws

HEAD = "---\nname: good\ndescription: What to do about locks. Use when threads share state.\n---\n"
RULE = "- Take `a` before `b`, never the other way: a cycle of waits is a deadlock (Coffman, 1971).\n"
BODY = (
    "# Good\n\n"
    + "".join(RULE.replace("`a`", f"`a{n}`") for n in range(6))
    + "\n## Sources\n\n- Coffman et al., 1971\n"
)
GOOD = HEAD + BODY


def found(text: str, *, path: str = "guides/good.md") -> list[tuple[int, str, str]]:
    return [
        (each.line, each.rule, each.severity) for each in flaws(text, path=path, exists=lambda target: target == "a.md")
    ]


def test_a_good_guide_has_no_flaw() -> None:
    assert found(GOOD) == []
    assert found(GOOD, path="skills/good/SKILL.md") == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("no front matter", [(1, "front-matter", "error")]),
        (GOOD.replace("name: good", "name: Good"), [(1, "name", "error")]),
        (GOOD.replace("name: good", "name: a--b"), [(1, "name", "error")]),
        (GOOD.replace("name: good", "name: other"), [(1, "name", "error")]),
        (GOOD.replace("description: What", f"description: {'What ' * 300}"), [(1, "description", "error")]),
        (
            GOOD.replace("What to do about locks. Use when threads share state.", "Locks."),
            [(1, "description", "warning")],
        ),
        (GOOD.replace("---\n# Good", "roles: [boss]\n---\n# Good"), [(1, "roles", "error")]),
        (GOOD.replace("---\n# Good", "keywords: []\n---\n# Good"), [(1, "keywords", "warning")]),
        (HEAD + RULE, [(1, "length", "warning")]),
        (GOOD.replace("## Sources", "## Others").replace(" (Coffman, 1971)", ""), [(1, "sources", "warning")]),
        (GOOD + "\n[x](missing.md) [y](a.md) [z](https://example.org/) [w](#here)\n", [(18, "link", "error")]),
        (GOOD.replace("# Good\n", f"# Good\n\n{RULE.replace('`a`', '`a1`')}"), [(10, "repeated", "warning")]),
    ],
)
def test_each_flaw_is_found_with_its_line(text: str, rules: list[tuple[int, str, str]]) -> None:
    assert found(text) == rules


def test_a_guide_that_never_fits_is_an_error() -> None:
    assert (1, "length", "error") in found(HEAD + RULE * (LONGEST // 20))


@pytest.mark.parametrize(
    "rule",
    [
        "Write clean code.",
        "Follow best practices and industry standards when you name things: always.",
        "Be careful",
        "Handle errors well",
        "Make sure everything works as expected, also in the cases that are hard.",
    ],
)
def test_a_rule_that_nobody_can_check_is_a_platitude(rule: str) -> None:
    assert found(GOOD.replace("# Good\n", f"# Good\n\n- {rule}")) == [(7, "platitude", "warning")]


@pytest.mark.parametrize(
    "rule", ["Never sleep.", "Write `with` before `open`.", "Stop after 3 tries.", "Hold no lock: wait."]
)
def test_a_short_rule_with_something_in_it_is_none(rule: str) -> None:
    assert found(GOOD.replace("# Good\n", f"# Good\n\n- {rule}")) == []


def test_prose_without_a_rule_is_said_to_be_none() -> None:
    text = HEAD + "# Good\n\n" + "The lock is a thing that threads take (Coffman, 1971). " * 8 + "\n"
    assert found(text) == [(1, "rules", "warning")]
    described = (
        HEAD + "# Good\n\n" + "".join(f"- The lock {n} is a thing that threads take (1971).\n" for n in range(8))
    )
    assert found(described) == [(1, "rules", "warning")]
