"""Which repository on a forge a clone belongs to: by what a person says, else by its remotes."""

from collections.abc import Mapping

from ..orchestrator.errors import UsageError
from ..orchestrator.git.config import repository_config
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.forge import RepoName
from ..orchestrator.rules.forge_addresses import repository_of
from ..tui.clean import clean

_PREFIX, _SUFFIX = "remote.", ".url"
_USUAL = "origin"


def remotes_of(git: Repository) -> Mapping[str, str]:
    """The addresses of a clone's remotes, by name."""
    settings = repository_config(git.door)
    return {
        key[len(_PREFIX) : -len(_SUFFIX)]: value
        for key, value in settings.items()
        if key.startswith(_PREFIX) and key.endswith(_SUFFIX)
    }


def chosen(
    remotes: Mapping[str, str],
    *,
    named: str | None,
    none: str = "name it with --repo-name OWNER/NAME",
    several: str = "say which with --repo-name OWNER/NAME",
) -> RepoName:
    """The repository that is meant: the one that was named, else that of `origin`, else the only one there is.

    Args:
        remotes: addresses, by name.
        named: what a person said.
        none: what to do where there is none; not every command can be told a name.
        several: what to do where several could be meant.

    Raises:
        UsageError: there is none, or several could be meant.
    """
    if named:
        return _written(named, remotes)
    found = {name: repo for name, address in remotes.items() if (repo := repository_of(address)) is not None}
    if _USUAL in found:
        return found[_USUAL]
    different = dict.fromkeys(found.values())
    if len(different) == 1:
        return next(iter(different))
    if not different:
        raise UsageError(f"No remote of this repository is on a forge: {none}.")
    listed = ", ".join(f"{clean(name, width=40)} is {repo}" for name, repo in found.items())
    raise UsageError(f"Several remotes could be meant ({listed}): {several}.")


def _written(named: str, remotes: Mapping[str, str]) -> RepoName:
    """``OWNER/NAME``, ``HOST/OWNER/NAME``, or an address; without a host that of a remote to it, else github.com."""
    text = named.strip()
    repo = repository_of(text) or repository_of(f"https://{text}") or repository_of(f"https://github.com/{text}")
    if repo is None:
        raise UsageError(
            f"--repo-name {clean(named, width=80)!r} is no repository: write OWNER/NAME or HOST/OWNER/NAME."
        )
    if text.count("/") > 1:
        return repo
    known = (repository_of(address) for address in remotes.values())
    return next((each for each in known if each is not None and str(each).lower() == str(repo).lower()), repo)
