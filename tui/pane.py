"""The one widget that draws lines. A line is drawn when it is seen, and again when it has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from .entries import Entry

_STEP = 3
"""Lines of one turn of the wheel."""


class Pane(ScrollView, can_focus=False):
    """Lines with a cursor that stays on what it stands on, however the lines change around it."""

    DEFAULT_CSS = "Pane { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    def __init__(
        self,
        *,
        styles: Mapping[str, Style],
        name: str,
        cursor: bool = False,
        chosen: Callable[[Pane, str], None] | None = None,
    ) -> None:
        """``chosen`` is told at once of a line that was clicked, or that the cursor moved to.

        A message would come later, and what is drawn in between would put the cursor back.
        """
        super().__init__(id=name)
        self._chosen = chosen
        self._named = styles
        self._entries: tuple[Entry, ...] = ()
        self._shows_cursor = cursor
        self.cursor = ""
        """The key of the line that the cursor is on; empty where it is on none."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is drawn."""
        return self._entries

    def show(self, entries: Sequence[Entry], *, follow: bool = False) -> None:
        """Draw these; only lines that differ are drawn again. ``follow`` keeps the end in sight."""
        before, self._entries = self._entries, tuple(entries)
        if len(before) != len(self._entries):
            self.virtual_size = Size(self.size.width, len(self._entries))
            self.refresh()
        else:
            top = self.scroll_offset.y
            for row in range(top, min(top + self.size.height, len(self._entries))):
                if before[row] != self._entries[row]:
                    self.refresh(Region(0, row - top, self.size.width, 1))
        if self._shows_cursor and self.cursor not in self.keys():
            self.cursor = next(iter(self.keys()), "")
        if follow:
            self.scroll_end(animate=False)

    def keys(self) -> list[str]:
        """What the cursor can stand on, from the top."""
        return [each.key for each in self._entries if each.key]

    def sees(self, key: str) -> bool:
        """Whether the line of that key is on the screen."""
        top = self.scroll_offset.y
        return any(each.key == key for each in self._entries[top : top + self.size.height])

    def move(self, by: int) -> None:
        """The cursor so many lines down; where it stood on what is gone, it goes to the first line."""
        keys = self.keys()
        if not keys:
            self.scroll_relative(y=by, animate=False)
            return
        at = keys.index(self.cursor) if self.cursor in keys else -1
        self.put(keys[min(max(at + by, 0), len(keys) - 1)])

    def put(self, key: str) -> None:
        """The cursor on that line, in sight."""
        row = next((row for row, each in enumerate(self._entries) if each.key == key), None)
        if row is None:
            return
        self.cursor = key
        self.scroll_to_region(Region(0, row, max(self.size.width, 1), 1), animate=False)
        self.refresh()
        if self._chosen is not None:
            self._chosen(self, key)

    def render_line(self, y: int) -> Strip:
        """One line as it is on the screen now."""
        row = y + self.scroll_offset.y
        width, ground = self.size.width, self.rich_style
        if row >= len(self._entries):
            return Strip.blank(width, ground)
        line = self._entries[row]
        if self._shows_cursor and line.key and line.key == self.cursor:
            ground += self._named["cursor"]
        segments = [Segment(text, ground + self._named[style]) for text, style in line.spans]
        return Strip(segments).adjust_cell_length(width, ground)

    def on_click(self, event: events.Click) -> None:
        """The line under the mouse is chosen."""
        row = event.y + self.scroll_offset.y
        if row < len(self._entries) and self._entries[row].key:
            self.put(self._entries[row].key)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.scroll_relative(y=_STEP, animate=False)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel, the other way."""
        self.scroll_relative(y=-_STEP, animate=False)
        event.stop()

    def on_resize(self) -> None:
        """A line is as wide as the pane."""
        self.virtual_size = Size(self.size.width, len(self._entries))
