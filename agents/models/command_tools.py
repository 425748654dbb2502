"""Command-line tools that are known by name: how each is asked, installed and logged into. Data only.

The flags are those of the tools' own pages, looked up in November 2026; each tool names its page. All of them are asked
without tools of their own where a flag exists for that, in an empty folder, with nothing kept of the conversation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Output = Literal["text", "claude", "codex", "gemini"]
"""What a tool prints: the reply itself, or that tool's own JSON around it."""

OWN = "command"
"""The provider of a command of the user's own: ``command/NAME``."""

PROMPT = "{prompt}"
"""Stands in a command for the prompt as an argument."""
PROMPT_FILE = "{prompt_file}"
"""Stands in a command for the path of a file that holds the prompt. Without either it is on stdin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A command-line tool that somebody is logged into."""

    name: str
    """The provider in the names of its models: ``claude-cli/haiku``."""
    title: str
    argv: tuple[str, ...]
    last: tuple[str, ...] = ()
    """Arguments after the model's."""
    model_flag: str = "--model"
    output: Output
    env: tuple[str, ...] = ()
    """Variables it may have beside those that every program may have; a name may end in ``*``."""
    sets: Mapping[str, str]
    install: str
    login: str
    remains: str = ""
    """What of its own tools no flag switches off, for the person who trusts it."""
    flags: str
    """Where its flags are documented."""
    terms: str
    """Where its provider says what a subscription may be used for."""

    @property
    def program(self) -> str:
        """The name under which it is looked up."""
        return self.argv[0]

    def command(self, model: str) -> tuple[str, ...]:
        """What is run; an empty ``model`` leaves the choice to the tool."""
        return (*self.argv, *((self.model_flag, model) if model else ()), *self.last)


_CLAUDE = Tool(
    name="claude-cli",
    title="Claude Code",
    argv=(
        *("claude", "--print", "--output-format", "json", "--no-session-persistence"),
        # No tools, no MCP servers, no hooks; and not --bare, which does not read the login of a subscription.
        *("--tools", "", "--strict-mcp-config", "--setting-sources", "", "--disable-slash-commands"),
        *("--system-prompt", "Answer the prompt. It says all there is to know, and the form of the answer."),
    ),
    output="claude",
    env=("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN"),
    sets={"DISABLE_AUTOUPDATER": "1"},
    install="npm install -g @anthropic-ai/claude-code",
    login="claude auth login",
    flags="https://code.claude.com/docs/en/cli-reference",
    terms="https://code.claude.com/docs/en/legal-and-compliance",
)

_CODEX = Tool(
    name="codex-cli",
    title="Codex CLI",
    argv=(
        *("codex", "exec", "--json", "--ephemeral", "--skip-git-repo-check", "--color", "never"),
        *("--sandbox", "read-only", "--ignore-user-config", "--ignore-rules", "--disable", "shell_tool"),
        *("--config", 'web_search="disabled"'),
    ),
    last=("-",),
    output="codex",
    env=("CODEX_HOME",),
    sets={},
    install="npm install -g @openai/codex",
    login="codex login",
    remains="its shell and web search are switched off; what else it has runs in its own read-only sandbox",
    flags="https://developers.openai.com/codex/noninteractive",
    terms="https://developers.openai.com/codex/auth",
)

_GEMINI = Tool(
    name="gemini-cli",
    title="Gemini CLI",
    # Not plan mode, whose own prompt asks for a plan and a person's word on it: where nobody can approve, what needs an
    # approval is not offered at all: https://github.com/google-gemini/gemini-cli/issues/17469
    argv=("gemini", "--output-format", "json", "--approval-mode", "default", "--extensions", "none"),
    output="gemini",
    # Since 18 June 2026 it serves no individual Google accounts, only organisations' licences and keys:
    # https://github.com/google-gemini/gemini-cli/discussions/28017
    env=("GEMINI_CLI_HOME", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
    sets={"GEMINI_CLI_TRUST_WORKSPACE": "true", "NO_BROWSER": "true"},
    install="npm install -g @google/gemini-cli",
    login="gemini",
    remains="what needs an approval cannot run, but it can read files and search the web",
    flags="https://geminicli.com/docs/cli/headless",
    terms="https://geminicli.com/docs/resources/tos-privacy",
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (_CLAUDE, _CODEX, _GEMINI)}


def tool_of(model: str) -> Tool | None:
    """The known tool behind a model's name; None for a provider, and for a command of the user's own."""
    return TOOLS.get(model.partition("/")[0])


def is_command(model: str) -> bool:
    """Whether a model of this name is a program that is run, and not a provider that is asked."""
    return model.partition("/")[0] in (*TOOLS, OWN)
