"""Which repository the address of a remote means."""

import pytest
from agentctl.orchestrator.errors import ForgeRefused
from agentctl.orchestrator.nouns.forge import RepoName
from agentctl.orchestrator.rules.forge_addresses import on_loopback, protocol_of, repository_of, shown


@pytest.mark.parametrize(
    ("address", "owner", "name", "host"),
    [
        ("https://github.com/acme/shed.git", "acme", "shed", "github.com"),
        ("https://github.com/acme/shed", "acme", "shed", "github.com"),
        ("https://github.com/acme/shed/", "acme", "shed", "github.com"),
        ("https://user:secret@GitHub.com/acme/shed.git", "acme", "shed", "github.com"),
        ("git@github.com:acme/shed.git", "acme", "shed", "github.com"),
        ("github.com:acme/shed", "acme", "shed", "github.com"),
        ("ssh://git@github.com/acme/shed.git", "acme", "shed", "github.com"),
        ("ssh://git@ssh.github.com:443/acme/shed.git", "acme", "shed", "github.com"),
        ("ssh://git@git.example.org:2222/acme/shed.git", "acme", "shed", "git.example.org"),
        ("git@git.example.org:/acme/shed.git", "acme", "shed", "git.example.org"),
        ("https://git.example.org:8443/acme/shed.js", "acme", "shed.js", "git.example.org:8443"),
        ("http://127.0.0.1:4601/acme/shed.git", "acme", "shed", "127.0.0.1:4601"),
        ("git://github.com/acme/.github", "acme", ".github", "github.com"),
    ],
)
def test_every_way_to_write_it_means_the_repository(address: str, owner: str, name: str, host: str) -> None:
    assert repository_of(address) == RepoName(owner=owner, name=name, host=host)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/srv/git/shed.git",
        "../shed",
        "C:\\shed",
        "file:///srv/shed.git",
        "https://github.com/acme",
        "https://github.com/acme/shed/tree/main",
        "https://github.com/acme/..",
        "https://github.com/ac me/shed",
        "https://[::bad/acme/shed",
        "https://github.com:port/acme/shed",
        "ext::sh -c evil",
        "server:shed.git",
        "git@host:acme/shed",
        "https://github.com/acme/$(evil)",
    ],
)
def test_what_is_on_no_forge_means_none(address: str) -> None:
    assert repository_of(address) is None


def test_only_https_loopback_and_folders_are_reached() -> None:
    reached = ["https://github.com/a/b", "http://127.0.0.1:1/a/b", "http://localhost/a/b", "/srv/a.git"]
    assert [protocol_of(url) for url in reached] == ["https", "http", "http", "file"]
    assert [on_loopback(url) for url in reached] == [False, True, True, False]


def test_an_address_is_shown_without_its_password() -> None:
    with pytest.raises(ForgeRefused, match=r"^https://github\.com/a/b holds a user or a password"):
        protocol_of("https://me:hunter22@github.com/a/b")
    assert shown("me:hunter22@host:x") == "'host:x'"
