import pytest
from agentctl.orchestrator.rules.manifests import package_commands


@pytest.mark.parametrize(
    ("packages", "manifests", "commands"),
    [
        ((), ("pyproject.toml",), ()),
        (("httpx", "rich"), ("pyproject.toml",), ("python -m pip install httpx rich",)),
        (("httpx",), (), ("python -m pip install httpx",)),
        (("@x/y",), ("package.json",), ("npm install --no-save --no-audit --no-fund @x/y",)),
        (("httpx",), ("package.json", "requirements-dev.txt"), ("python -m pip install httpx",)),
    ],
)
def test_packages_that_a_person_named_are_installed_beside_the_manifests(
    packages: tuple[str, ...], manifests: tuple[str, ...], commands: tuple[str, ...]
) -> None:
    assert package_commands(packages, manifests) == commands
