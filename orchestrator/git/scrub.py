"""The environment and the configuration git runs with: ours, whatever the repository or the machine says. Pure.

Hooks, fsmonitor, network protocols, and every program that a repository's own configuration could name are off.
"""

from collections.abc import Iterable, Mapping

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.logAllRefUpdates": "false",
    "core.symlinks": "false",
    "advice.graftFileDeprecated": "false",  # said of the empty one below, wherever git reads a commit
    "core.autocrlf": "false",
    "core.quotePath": "false",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "credential.helper": "",
    "diff.external": "",
    "gc.auto": "0",
    "i18n.commitEncoding": "utf-8",
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "merge.directoryRenames": "false",
    "merge.renormalize": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
}

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # stands above any protocol.NAME.allow of the repository
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # what a partial clone lacks is missing, and not fetched by a command that reads
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}

_IMPERSONAL = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
_PERSONAL = frozenset({"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"})

# Inherited variables that steer only how the network is reached, an editor, or GitPython.
_HARMLESS = ("GIT_SSL_", "GIT_SSH", "GIT_HTTP_", "GIT_PROXY_", "GIT_PYTHON_", "GIT_ASKPASS", "GIT_EDITOR", "GIT_PAGER")

# A token is never sent to a server that nobody has checked.
_HARMFUL = frozenset({"GIT_SSL_NO_VERIFY"})

# .git/info/attributes may name a driver: one that fails makes a conflict, an empty one would keep "ours" silently.
# Newer gits run hooks that stand in the configuration, which `core.hooksPath` does not turn off.
_DISARMED = {
    ("merge", "driver"): "false",
    ("diff", "command"): "false",
    ("diff", "textconv"): "",
    ("filter", "clean"): "",
    ("filter", "smudge"): "",
    ("filter", "process"): "",
    ("filter", "required"): "false",
    ("hook", "enabled"): "false",
}


def environment(settings: Mapping[str, str], *, personal: bool = False) -> dict[str, str]:
    """The variables git is started with; ``settings`` come after ours and win.

    ``personal`` lets the person's and the machine's configuration in, for reading who they are and nothing else.
    """
    pairs = {**_SETTINGS, **settings}
    variables = dict(_ENVIRONMENT) if personal else {**_ENVIRONMENT, **_IMPERSONAL}
    variables["GIT_CONFIG_COUNT"] = str(len(pairs))
    for number, (key, value) in enumerate(pairs.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def unwanted(inherited: Iterable[str], given: Mapping[str, str]) -> list[str]:
    """The inherited variables that git must not see, sorted: everything of git's that we do not set ourselves."""
    kept = given if "GIT_CONFIG_GLOBAL" in given else {**given, **dict.fromkeys(_PERSONAL, "")}
    return sorted(
        name
        for name in inherited
        if name.startswith("GIT_") and name not in kept and (name in _HARMFUL or not name.startswith(_HARMLESS))
    )


def disarm(keys: Iterable[str]) -> dict[str, str]:
    """Settings that take the programs out of the drivers and the hooks a repository's configuration defines."""
    settings: dict[str, str] = {}
    for key in keys:
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if name and any(section == each for each, _ in _DISARMED):
            settings |= {
                f"{section}.{name}.{each}": value
                for (of, each), value in _DISARMED.items()
                if of == section and variable
            }
    return settings
