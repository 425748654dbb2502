"""For which manifests an environment is another one."""

import pytest
from agentctl.orchestrator.rules.manifests import installed_otherwise

TOOLS = b"[tool.ruff]\nline-length = 100\n"
NEEDS = b"[project]\nname = 'a'\nversion = '1'\ndependencies = ['attrs']\n"


@pytest.mark.parametrize(
    ("before", "after", "setup", "found"),
    [
        ({}, {}, None, ()),
        ({"pyproject.toml": NEEDS}, {"pyproject.toml": NEEDS}, None, ()),
        ({"pyproject.toml": TOOLS}, {"pyproject.toml": TOOLS + b"#"}, None, ()),
        ({"pyproject.toml": TOOLS}, {"pyproject.toml": TOOLS + b"#"}, "make env", ("pyproject.toml",)),
        ({"pyproject.toml": TOOLS}, {"pyproject.toml": NEEDS}, None, ("pyproject.toml",)),
        ({"pyproject.toml": NEEDS}, {}, None, ("pyproject.toml",)),
        ({}, {"requirements.txt": b"attrs", "uv.lock": b""}, None, ("requirements.txt", "uv.lock")),
        ({"go.mod": b"module a"}, {"go.mod": b"module b"}, None, ()),
    ],
)
def test_manifests_count_where_something_is_installed_and_they_differ(
    before: dict[str, bytes], after: dict[str, bytes], setup: str | None, found: tuple[str, ...]
) -> None:
    assert installed_otherwise(before, after, setup=setup) == found
