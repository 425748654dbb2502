"""How a repository wants its titles, and titles in that form."""

import pytest
from agentctl.orchestrator.rules.title_lint import TYPES, TitleRule, title_rule, titled, wanted

STEP = "jobs:\n  lint:\n    steps:\n      - uses: amannn/action-semantic-pull-request@v5\n        with:\n"


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({}, None),
        ({"package.json": '{"name": "x"}'}, None),
        ({"package.json": '{"commitlint": {"extends": ["@commitlint/config-conventional"]}}'}, TitleRule()),
        ({".commitlintrc.yml": "extends:\n  - '@commitlint/config-angular'\n"}, TitleRule()),
        ({".commitlintrc": '{"rules": {"type-enum": [2, "always", ["new", "fix"]]}}'}, TitleRule(types=("new", "fix"))),
        ({"commitlint.config.js": "module.exports = {extends: ['@commitlint/config-conventional']}"}, TitleRule()),
        ({"commitlint.config.js": "module.exports = {rules: {}}"}, None),
        (
            {
                ".commitlintrc.json": '{"extends": "@commitlint/config-conventional", "rules": {"scope-enum": '
                '[2, "always", ["core"]], "scope-empty": [2, "never"], "header-max-length": [2, "always", 50]}}'
            },
            TitleRule(scopes=("core",), scope_required=True, width=50),
        ),
        ({".github/semantic.yml": "titleOnly: true\n"}, TitleRule()),
        ({".github/semantic.yml": "commitsOnly: true\n"}, None),
        ({".github/workflows/pr.yml": STEP + "          types: |\n            feat\n            fix\n"},
         TitleRule(types=("feat", "fix"))),
        ({".github/workflows/pr.yml": STEP + "          requireScope: true\n"}, TitleRule(scope_required=True)),
        ({".github/workflows/pr.yml": "# no semantic-pull-request here\njobs: [1"}, None),
        ({".commitlintrc.json": "[" * 5000}, None),
        ({".commitlintrc.json": '{"rules": {"type-enum": "evil", "header-max-length": [2]}}'}, None),
    ],
)  # fmt: skip
def test_the_rule_is_found_where_a_repository_has_one(files: dict[str, str], rule: TitleRule | None) -> None:
    assert title_rule(files) == rule


def test_only_files_that_may_say_so_are_looked_into() -> None:
    assert [
        path for path in ("package.json", "src/package.json", ".github/workflows/a.yaml", "a.yml") if wanted(path)
    ] == [
        "package.json",
        ".github/workflows/a.yaml",
    ]


@pytest.mark.parametrize(
    ("rule", "scope", "paths", "title"),
    [
        (None, "core", ["src/a.py"], "Words of the team, by number"),
        (TitleRule(), "core", ["src/a.py", "tests/test_a.py"], "feat(core): words of the team, by number"),
        (TitleRule(), "", ["docs/a.md"], "docs: words of the team, by number"),
        (TitleRule(types=("fix", "new")), "core", ["src/a.py"], "fix(core): words of the team, by number"),
        (TitleRule(scopes=("web",)), "core", ["src/a.py"], "feat: words of the team, by number"),
        (
            TitleRule(scopes=("web",), scope_required=True),
            "core",
            ["src/a.py"],
            "feat(web): words of the team, by number",
        ),
    ],
)
def test_a_title_is_written_as_the_repository_wants_it(
    rule: TitleRule | None, scope: str, paths: list[str], title: str
) -> None:
    assert titled("words of the team, by number", rule, scope=scope, paths=paths) == title


def test_a_title_is_short_and_names_keep_their_letters() -> None:
    long = titled("word " * 40, TitleRule(), scope="core", paths=["a.py"])
    assert len(long) <= 72
    assert titled("HTTP server.", TitleRule(), scope="", paths=["a.py"]) == "feat: HTTP server"
    assert titled("due_day counts", None, scope="", paths=[]) == "due_day counts"
    assert TYPES[4] == "feat"
