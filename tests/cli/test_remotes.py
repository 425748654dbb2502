"""Which repository a clone belongs to."""

from collections.abc import Mapping

import pytest
from agentctl.cli.remotes import chosen
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.forge import RepoName

SHED = RepoName(owner="acme", name="shed")
HUB, FORK = "git@github.com:acme/shed.git", "https://github.com/ada/shed"


@pytest.mark.parametrize(
    ("remotes", "named", "expected"),
    [
        ({"origin": HUB}, None, SHED),
        ({"upstream": HUB}, None, SHED),
        ({"origin": HUB, "fork": FORK}, None, SHED),
        ({"one": HUB, "two": "https://github.com/acme/shed"}, None, SHED),
        ({"mirror": "/srv/shed.git", "hub": HUB}, None, SHED),
        ({"origin": FORK}, "acme/shed", SHED),
        ({}, "https://github.com/acme/shed.git", SHED),
        ({}, "git.example.org/acme/shed", RepoName(owner="acme", name="shed", host="git.example.org")),
        (
            {"origin": "git@git.example.org:acme/shed.git"},
            "acme/shed",
            RepoName(owner="acme", name="shed", host="git.example.org"),
        ),
    ],
)
def test_the_repository_that_is_meant(remotes: Mapping[str, str], named: str | None, expected: RepoName) -> None:
    assert chosen(remotes, named=named) == expected


@pytest.mark.parametrize(
    ("remotes", "named", "words"),
    [
        ({}, None, "No remote of this repository is on a forge"),
        ({"origin": "/srv/shed.git"}, None, "No remote"),
        ({"one": HUB, "two": FORK}, None, r"one is acme/shed, two is ada/shed\): say which with --repo-name"),
        ({"origin": HUB}, "shed", "is no repository"),
        ({"origin": HUB}, "a b/c", "is no repository"),
    ],
)
def test_where_it_is_not_clear_the_person_is_asked(remotes: Mapping[str, str], named: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen(remotes, named=named)
