"""What a server lists and answers, in our own nouns and as text."""

from typing import TYPE_CHECKING, Any

import msgspec

from ..digest import canonical
from .catalogue import Listed

if TYPE_CHECKING:
    from mcp.client.client import Client

_PAGES = 20
_RESULT = 200_000
"""Characters of an answer that are looked at; what a worker sees of it is far less."""


async def listed(client: "Client") -> tuple[Listed, ...]:
    """Every tool of a server, page by page."""
    found: list[Listed] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            hints = tool.annotations
            again = hints is not None and bool(hints.read_only_hint or hints.idempotent_hint)
            found.append(
                Listed(
                    name=tool.name, description=tool.description or "", parameters=tool.input_schema or {}, again=again
                )
            )
        if (cursor := page.next_cursor) is None:
            break
    return tuple(found)


def text_of(result: Any) -> str:
    """An answer's texts; of anything else only what it is. Structured content where there is nothing else."""
    parts = [_part(content) for content in result.content]
    if not any(part.strip() for part in parts) and result.structured_content is not None:
        parts = [msgspec.json.format(canonical(result.structured_content), indent=2).decode()]
    return "\n".join(parts)[:_RESULT]


def _part(content: Any) -> str:
    match content.type:
        case "text":
            return str(content.text)
        case "resource" if isinstance(text := getattr(content.resource, "text", None), str):
            return f"{content.resource.uri}\n{text}"
        case "resource_link":
            return f"[a link to {content.uri}]"
        case kind:
            return f"[{kind} {getattr(content, 'mime_type', '') or ''}, not shown]"
