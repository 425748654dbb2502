"""What the bot says back to who commanded it: one comment for each comment, found again by its marker.

Words that may hold what others wrote go into a block of plain text, in which nothing is obeyed, linked or notified.
"""

from collections.abc import Iterable

from ...orchestrator.forge.port import Forge
from ...orchestrator.rules.harmless import fenced

LONGEST = 20_000
"""Characters of a reply; GitHub takes 65,536."""
_CUT = "\n... cut here: `agentctl report` on the host has all of it"


def block(lines: Iterable[str]) -> str:
    """Lines as a block of plain text that nothing in them can end; cut where it is too long for a comment."""
    text = "\n".join(lines).strip("\n")
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit("\n", 1)[0] + _CUT
    return fenced(text, width=2 * LONGEST)


async def reply(forge: Forge, number: int, *, to: str, blocks: Iterable[str], thread: int | None = None) -> None:
    """Say it once for what it answers: ``to`` names that, ``thread`` is the remark to answer beneath, if it is one."""
    body, marker = "\n\n".join(blocks), f"agentctl:reply:{to}"
    if thread is not None:
        await forge.reply(number, thread, body, marker=marker)
    else:
        await forge.say(number, body, marker=marker)
