"""Prompts: loads the files of agents/prompts. The only module that knows where they are."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..guides.load import split_front_matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a role is told of its work; the same for every run."""

    name: str
    version: int
    """Raised by whoever changes the meaning of the text."""
    text: str

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with the version and with every character."""
        return hashlib.sha256(f"{self.name}\n{self.version}\n{self.text}".encode()).hexdigest()[:12]


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name; raises ValueError if its file carries no version."""
    file = files(__package__ or "").joinpath("prompts", f"{name}.md")
    head, body = split_front_matter(file.read_text("utf-8"))
    version = head.get("version")
    if not isinstance(version, int):
        raise ValueError(  # noqa: TRY004 - what is wrong is the file, not an argument
            f"prompts/{name}.md must say its `version` in its front matter"
        )
    return Prompt(name=name, version=version, text=body.strip() + "\n")
