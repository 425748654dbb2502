"""Rules that a repository keeps for other tools."""

import pytest
from agentctl.guides.foreign import Rule, distinct, front_of, globs_of, imports, linked, read_rule, rule_files


def test_rules_files_are_found_near_the_root_first_and_nothing_else_is() -> None:
    paths = [
        "src/api/AGENTS.md",
        "src/AGENTS.md",
        ".cursor/rules/deep/a.mdc",
        "web/.cursor/rules/b.mdc",
        "CLAUDE.md",
        "AGENTS.md",
        "GEMINI.md",
        ".claude/CLAUDE.md",
        ".cursorrules",
        ".github/copilot-instructions.md",
        ".github/instructions/ts.instructions.md",
        ".claude/skills/pdf/SKILL.md",
        "skills/sql/SKILL.md",
        "docs/AGENTS.md.bak",
        "README.md",
        ".cursor/rules/note.md",
        "lib/skills/x/SKILL.md",
        "agents.md",
    ]
    assert rule_files(paths) == (
        ".claude/CLAUDE.md",
        "AGENTS.md",
        "CLAUDE.md",
        "GEMINI.md",
        ".cursorrules",
        ".github/copilot-instructions.md",
        ".cursor/rules/deep/a.mdc",
        ".github/instructions/ts.instructions.md",
        ".claude/skills/pdf/SKILL.md",
        "skills/sql/SKILL.md",
        "src/AGENTS.md",
        "web/.cursor/rules/b.mdc",
        "src/api/AGENTS.md",
    )


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("AGENTS.md", "Use tabs.\n<!-- hidden -->\n", Rule(path="AGENTS.md", text="Use tabs.")),
        ("a/b/CLAUDE.md", "Be quick.", Rule(path="a/b/CLAUDE.md", text="Be quick.", folder="a/b")),
        (".claude/CLAUDE.md", "Be quick.", Rule(path=".claude/CLAUDE.md", text="Be quick.")),
        ("AGENTS.md", "\n <!-- nothing --> \n", None),
        (
            ".cursor/rules/ts.mdc",
            "---\ndescription: TS\nglobs: *.ts,src/**/*.{js,jsx}\nalwaysApply: false\n---\nNo any.\n",
            Rule(path=".cursor/rules/ts.mdc", text="No any.", when="paths", globs=("*.ts", "src/**/*.{js,jsx}")),
        ),
        (
            ".cursor/rules/all.mdc",
            "---\ndescription:\nglobs:\nalwaysApply: true\n---\nBe brief.\n",
            Rule(path=".cursor/rules/all.mdc", text="Be brief."),
        ),
        (".cursor/rules/bare.mdc", "Be brief.\n", Rule(path=".cursor/rules/bare.mdc", text="Be brief.")),
        (".cursor/rules/manual.mdc", "---\nalwaysApply: false\n---\nOn demand.\n", None),
        (
            "web/.cursor/rules/db.mdc",
            "---\ndescription: Database access\nalwaysApply: false\n---\nUse the pool.\n",
            Rule(
                path="web/.cursor/rules/db.mdc",
                text="Use the pool.",
                when="described",
                description="Database access",
                folder="web",
            ),
        ),
        (
            ".github/instructions/py.instructions.md",
            '---\napplyTo: "**/*.py, tests/**"\n---\nType it.\n',
            Rule(
                path=".github/instructions/py.instructions.md",
                text="Type it.",
                when="paths",
                globs=("**/*.py", "tests/**"),
            ),
        ),
        (
            ".github/instructions/all.instructions.md",
            "---\napplyTo: '**'\n---\nSign off.\n",
            Rule(path=".github/instructions/all.instructions.md", text="Sign off.", globs=("**",)),
        ),
        (".github/instructions/none.instructions.md", "By hand only.\n", None),
        (
            "skills/pdf/SKILL.md",
            "---\nname: pdf\ndescription: Reads PDF files\n---\nUse the tool.\n",
            Rule(path="skills/pdf/SKILL.md", text="Use the tool.", when="described", description="Reads PDF files"),
        ),
        ("skills/x/SKILL.md", "---\nname: x\ndescription: d\ndisable-model-invocation: true\n---\nNo.\n", None),
    ],
)
def test_a_rules_file_is_read_with_its_scope(path: str, text: str, rule: Rule | None) -> None:
    assert read_rule(path, text) == rule


def test_front_matter_that_is_no_yaml_is_read_line_by_line() -> None:
    head, body = front_of("---\r\nglobs: *.ts\r\ntags:\r\n  - one\r\nname: 'x'\r\n---\r\nBody\r\n")
    assert (head, body) == ({"globs": "*.ts", "tags": ["one"], "name": "x"}, "Body\n")


def test_commas_inside_braces_do_not_part_globs() -> None:
    assert globs_of("a/*.{ts,tsx}, 'b/**'") == ("a/*.{ts,tsx}", "b/**")
    assert globs_of(["*.py", "", "*.pyi"]) == ("*.py", "*.pyi")
    assert globs_of(None) == ()


def test_imports_stay_inside_of_the_repository_and_out_of_code() -> None:
    text = (
        "See @docs/style.md and @../up.md.\n@./local.md\nmail a@b.org, `@docs/code.md`\n"
        "```\n@docs/fenced.md\n```\n@~/home.md @/etc/passwd @CLAUDE.md\n"
    )
    assert imports("CLAUDE.md", text) == ("docs/style.md", "local.md")
    assert imports("sub/CLAUDE.md", "@../up.md @../../out.md") == ("up.md",)


def test_a_link_leads_within_the_repository_or_nowhere() -> None:
    assert linked("sub/CLAUDE.md", "../AGENTS.md") == "AGENTS.md"
    assert linked("CLAUDE.md", "../../etc/passwd") is None
    assert linked("CLAUDE.md", "/etc/passwd") is None


@pytest.mark.parametrize(
    "pointer", ["See AGENTS.md.", "# Claude\n\nRead [the rules](AGENTS.md) first.", "@AGENTS.md", "@./AGENTS.md"]
)
def test_what_says_the_same_or_only_points_elsewhere_is_told_once(pointer: str) -> None:
    rules = Rule(path="AGENTS.md", text="Use tabs.\n\n" + "And so on. " * 20)
    copy = Rule(path="GEMINI.md", text="Use tabs.\n" + "And so on. " * 20)
    other = Rule(path=".cursorrules", text="Sign off. AGENTS.md does not say so.\n" + "More words. " * 20)
    assert distinct([rules, Rule(path="CLAUDE.md", text=pointer), copy, other]) == (rules, other)


def test_a_pointer_to_what_is_not_there_is_kept() -> None:
    alone = Rule(path="CLAUDE.md", text="See AGENTS.md.")
    nested = Rule(path="src/AGENTS.md", text="Use spaces. " * 10)
    assert distinct([alone, nested]) == (alone, nested)


@pytest.mark.parametrize(
    "head",
    [
        "a: " + "[" * 5_000,
        "x: " + "y" * 9_000,
        "a: &a [x]\nb: &b [*a, *a]\ndescription: *b",
        "date: 2024-99-99",
        "? [a]\n: b",
    ],
)
def test_hostile_front_matter_ends_in_a_rule_or_in_none(head: str) -> None:
    rule = read_rule(".cursor/rules/x.mdc", f"---\n{head}\nalwaysApply: true\n---\nBe brief.\n")
    assert rule == Rule(path=".cursor/rules/x.mdc", text="Be brief.")


def test_comments_without_an_end_cost_no_more_than_others() -> None:
    rule = read_rule("AGENTS.md", "<!-- a -->Keep.<!-- b -->" + "<!--" * 16_000)
    assert rule is not None
    assert rule.text.startswith("Keep.<!--")
