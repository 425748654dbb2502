"""Completion scripts for bash, zsh and fish, made from the commands' own parsers."""

import argparse

from .main import GROUPS, load, parser


def script(shell: str) -> str:
    """The script of one shell: command names first, then each command's options and choices."""
    commands = {name: summary for group in GROUPS.values() for name, summary in group.items()}
    options = {name: _options(parser(name, load(name))) for name in commands}
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands, options)


def _options(command: argparse.ArgumentParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for action in command._actions:  # noqa: SLF001 - argparse has no public list of what was declared
        for name in action.option_strings:
            found[name] = (action.help or "").replace("'", "").replace(":", " ")
        if not action.option_strings and action.choices:
            found |= {str(choice): "" for choice in action.choices}
    return found


def _bash(commands: dict[str, str], options: dict[str, dict[str, str]]) -> str:
    cases = "\n".join(f"    {name}) words='{' '.join(found)}' ;;" for name, found in options.items())
    return f"""\
_agentctl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='{" ".join(commands)}'; else case "${{COMP_WORDS[1]}}" in
{cases}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _agentctl agentctl
"""


def _zsh(commands: dict[str, str], options: dict[str, dict[str, str]]) -> str:
    names = "\n".join(f"    '{name}:{summary}'" for name, summary in commands.items())
    cases = "\n".join(f"    {name}) offers=({' '.join(found)}) ;;" for name, found in options.items())
    return f"""\
#compdef agentctl
_agentctl() {{
  local -a commands offers
  commands=(
{names}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
{cases}
  esac
  compadd -a offers
  _files
}}
compdef _agentctl agentctl
"""


def _fish(commands: dict[str, str], options: dict[str, dict[str, str]]) -> str:
    lines = [
        f"complete -c agentctl -n __fish_use_subcommand -f -a {name} -d '{summary}'"
        for name, summary in commands.items()
    ]
    for command, found in options.items():
        seen = f"-n '__fish_seen_subcommand_from {command}'"
        for name, help_text in found.items():
            kind = (
                f"-l {name[2:]}"
                if name.startswith("--")
                else f"-s {name[1:]}"
                if name.startswith("-")
                else f"-a {name}"
            )
            lines.append(f"complete -c agentctl {seen} {kind} -d '{help_text}'")
    return "\n".join(lines) + "\n"
