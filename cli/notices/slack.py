"""A channel of Slack, by the address of an incoming webhook: Block Kit, in which no text of others is markup."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from .notice import Choice, Item, Notice
from .posting import SECONDS, post

_MOST_BLOCKS = 48
"""Slack takes 50."""
_SECTION, _BUTTON, _VALUE, _HEADER = 2900, 72, 2000, 148
"""Characters that Slack takes of a text, a button's words, its value, and a header."""
_MOST_BUTTONS = 12
ANSWER = "agentctl.answer"
"""How the id of an action begins that answers."""

Block = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """One channel of one workspace."""

    address: str = field(repr=False)
    buttons: bool = False
    """Whether options can be pressed: only where the answers are taken."""
    seconds: float = SECONDS

    @property
    def name(self) -> str:
        """There is one."""
        return "slack"

    def tell(self, notice: Notice) -> str:
        """As `Channel`."""
        body = json.dumps(message_of(notice, buttons=self.buttons)).encode()
        return post(self.address, body, {"content-type": "application/json"}, seconds=self.seconds)


def message_of(notice: Notice, *, buttons: bool) -> dict[str, object]:
    """The message; its blocks hold plain text only, and its ``text``, shown where blocks are not, is escaped."""
    why = f" ({notice.why_now})" if notice.why_now else ""
    blocks: list[Block] = [
        _header(f"agentctl {notice.run}: {notice.text}"),
        _section(f"{notice.title}{why}\n{notice.standing}".strip()),
    ]
    left = 0
    for item in notice.items:
        shown = list(_item(item, notice.run, buttons=buttons, alone=len(notice.items) == 1))
        if len(blocks) + len(shown) >= _MOST_BLOCKS:
            left += 1
        else:
            blocks += shown
    if left:
        blocks.append(_section(f"and {left} more: agentctl inbox {notice.run}"))
    return {"text": escaped(f"agentctl {notice.run}: {notice.line}"), "blocks": blocks}


def escaped(text: str) -> str:
    """Text that Slack would read as markup, as it reads it as text: its three control characters, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _item(item: Item, run: str, *, buttons: bool, alone: bool) -> Iterator[Block]:
    lines = [f"{item.id}: {item.text}", f"why: {item.why}" if item.why else "", item.reasons]
    lines += [_option(each, item) for each in item.choices]
    lines += [f"if nobody answers: {item.silence}", item.command]
    yield _section("\n".join(line for line in lines if line))
    pressed = [_button(each, item, run, alone=alone) for each in item.choices if each.whole] if buttons else []
    usable = [each for each in pressed if len(str(each["value"])) <= _VALUE][:_MOST_BUTTONS]
    if usable:
        yield {"type": "actions", "elements": usable}


def _option(choice: Choice, item: Item) -> str:
    best = " (recommended)" if choice.label == item.recommended else ""
    so = f": {choice.consequence}" if choice.consequence else ""
    wider = f"; lets its task change {', '.join(choice.paths)} too" if choice.paths else ""
    return f"  {choice.label}  {choice.text}{best}{so}{wider}"


def _button(choice: Choice, item: Item, run: str, *, alone: bool) -> Block:
    """The value binds run, question and option; an answer with another one reaches nothing."""
    value = json.dumps({"run": run, "question": item.id, "key": item.key, "answer": choice.label, "alone": alone})
    return {
        "type": "button",
        "action_id": f"{ANSWER}.{item.id}.{choice.label}",
        "value": value,
        "text": _plain(f"{choice.label} {choice.text}", _BUTTON),
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": _plain(text, _HEADER)}


def _section(text: str) -> Block:
    return {"type": "section", "text": _plain(text or "-", _SECTION)}


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "emoji": False, "text": text if len(text) <= most else text[: most - 1] + "…"}
