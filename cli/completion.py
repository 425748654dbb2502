"""Completion scripts for bash, zsh and fish, made from the commands' own parsers."""

import argparse

from .commands import bot, gate, spec
from .main import GROUPS, load, parser
from .verbs import verb_parser

_Words = dict[str, str]
"""Each with what it means, which may be nothing."""
_Options = dict[str, _Words]
_Verbs = dict[tuple[str, str], _Words]
"""By the command and its verb."""


def script(shell: str) -> str:
    """The script of one shell: command names first, then each command's options and choices, or each of its verbs'."""
    commands = {name: summary for group in GROUPS.values() for name, summary in group.items()}
    options = {name: _options(parser(name, load(name))) for name in commands}
    verbs = {
        (command, verb): _options(verb_parser(command, verb, known))
        for command, known in (("spec", spec.VERBS), ("bot", bot.VERBS), ("gate", gate.VERBS))
        for verb in known
    }
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands, options, verbs)


def _options(command: argparse.ArgumentParser) -> _Words:
    found: _Words = {}
    for action in command._actions:  # noqa: SLF001 - argparse has no public list of what was declared
        for name in action.option_strings:
            found[name] = (action.help or "").replace("'", "").replace(":", " ")
        if not action.option_strings and action.choices:
            found |= {str(choice): "" for choice in action.choices}
    return found


def _bash(commands: _Words, options: _Options, verbs: _Verbs) -> str:
    cases = "\n".join(f"    {name}) words='{' '.join(found)}' ;;" for name, found in options.items())
    deeper = "\n".join(f"    '{' '.join(verb)}') words='{' '.join(found)}' ;;" for verb, found in verbs.items())
    return f"""\
_agentctl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='{" ".join(commands)}'; else case "${{COMP_WORDS[1]}}" in
{cases}
  esac; fi
  if [ "$COMP_CWORD" -gt 2 ]; then case "${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}" in
{deeper}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _agentctl agentctl
"""


def _zsh(commands: _Words, options: _Options, verbs: _Verbs) -> str:
    names = "\n".join(f"    '{name}:{summary}'" for name, summary in commands.items())
    cases = "\n".join(f"    {name}) offers=({' '.join(found)}) ;;" for name, found in options.items())
    deeper = "\n".join(f"    '{' '.join(verb)}') offers=({' '.join(found)}) ;;" for verb, found in verbs.items())
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
  if (( CURRENT > 3 )); then case "$words[2] $words[3]" in
{deeper}
  esac; fi
  compadd -a offers
  _files
}}
compdef _agentctl agentctl
"""


def _fish(commands: _Words, options: _Options, verbs: _Verbs) -> str:
    lines = [
        f"complete -c agentctl -n __fish_use_subcommand -f -a {name} -d '{summary}'"
        for name, summary in commands.items()
    ]
    for command, found in options.items():
        lines += _fish_lines(found, when=f"__fish_seen_subcommand_from {command}")
    for (command, verb), found in verbs.items():
        lines += _fish_lines(
            found, when=f"__fish_seen_subcommand_from {command}; and __fish_seen_subcommand_from {verb}"
        )
    return "\n".join(lines) + "\n"


def _fish_lines(found: _Words, *, when: str) -> list[str]:
    lines = []
    for name, help_text in found.items():
        kind = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" if name.startswith("-") else f"-a {name}"
        lines.append(f"complete -c agentctl -n '{when}' {kind} -d '{help_text}'")
    return lines
