"""Every key, where it counts, what it does, and what help says of it: one table for the app and its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["everywhere", "lists", "inbox", "a task", "a replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as Textual names it, as a person reads it, and its action."""

    key: str
    shown: str
    scope: Scope
    action: str
    words: str


def _of(scope: Scope, *keys: tuple[str, str, str, str]) -> tuple[Key, ...]:
    return tuple(
        Key(key=key, shown=shown, scope=scope, action=action, words=words) for key, shown, action, words in keys
    )


KEYS: tuple[Key, ...] = (
    *_of(
        "everywhere",
        ("d", "d", "mode('dash')", "the dashboard: teams and tasks"),
        ("i", "i", "mode('inbox')", "the inbox: what waits for you"),
        ("a", "a", "mode('task')", "one task: its log, patch, tests and prompt"),
        ("t", "t", "mode('trace')", "the trace: requirement, task, commit, evidence"),
        ("m", "m", "mode('queue')", "the merge queue and what has landed"),
        ("P", "P", "mode('report')", "the report, with costs"),
        ("L", "L", "mode('log')", "the event log"),
        (
            "o",
            "o",
            "mode('plan')",
            "the plan, what needs what; one that waits for you is approved or edited here",
        ),
        ("c", "c", "mode('spec')", "the spec, with what speaks for each requirement beside it"),
        ("tab", "tab", "next_mode", "the next of these"),
        ("slash", "/", "filter", "show only lines with these words"),
        ("colon,ctrl+p", ":", "palette", "type any agentctl command for this run"),
        ("question_mark", "?", "mode('help')", "these keys, and what the words mean"),
        ("escape", "esc", "out", "back; takes the filter away"),
        ("q", "q", "leave", "leave; the run goes on"),
        ("ctrl+c", "ctrl+c", "leave", "the same, also while you type"),
    ),
    *_of(
        "lists",
        ("j,down", "j", "move(1)", "down"),
        ("k,up", "k", "move(-1)", "up"),
        ("g,home", "g", "move(-100000)", "to the top"),
        ("G,end", "G", "move(100000)", "to the end"),
        ("pagedown", "pgdn", "move(20)", "a page down"),
        ("pageup", "pgup", "move(-20)", "a page up"),
        ("enter", "enter", "open", "open; in the inbox: take what silence would take, if it can be reverted"),
        ("space", "space", "fold", "fold a team, or show it; in the inbox: mark questions that one key then answers"),
    ),
    *_of(
        "inbox",
        *((str(digit), str(digit), f"answer('{digit}')", f"option {digit}") for digit in range(1, 10)),
        ("0", "0", "answer('0')", "no, or stop"),
        ("r", "r", "reply", "answer in words; of what was decided, say otherwise"),
        ("e", "e", "edit", "edit the plan, or the recommended answer"),
        ("h", "h", "decided", "show what was decided, too, or hide it; r there says otherwise"),
        ("s", "s", "snooze", "later: to the end of the list, on this screen"),
        ("x", "x", "ignore", "leave it to what silence means, and off this screen"),
        ("u", "u", "undo", "take back the answer that is about to be sent, or bring back what was put off"),
    ),
    *_of(
        "a task",
        ("f", "f", "follow", "follow its end, or stop following"),
        ("S", "S", "typed('steer')", "say one sentence to whoever works on it"),
        ("p", "p", "on_task('pause')", "pause it, or let it go on"),
        ("K", "K", "on_task('cancel')", "cancel it, after a second K"),
        ("R", "R", "on_task('retry')", "begin the next attempt"),
        ("U", "U", "on_task('raise')", "begin the next attempt a rung higher"),
        ("plus", "+", "on_task('prefer')", "serve it, and what it waits for, before the others; or in its turn again"),
        ("A", "A", "typed('autonomy')", "how much its team decides without you; from the inbox too, and of the run"),
        ("B", "B", "typed('budget')", "add to the budget"),
    ),
    *_of(
        "a replay",
        ("full_stop", ".", "play('toggle')", "play, or stop"),
        ("right_square_bracket", "]", "play('1')", "the next event"),
        ("left_square_bracket", "[", "play('-1')", "the event before"),
        ("greater_than_sign", ">", "play('faster')", "faster"),
        ("less_than_sign", "<", "play('slower')", "slower"),
    ),
)
"""In the inbox digits are options; at a task they choose its tab: 1 log, 2 patch, 3 tests and attempts, 4 prompts."""

TERMS = {
    "landed": "part of the run's branch, whose tip has always passed its gate",
    "lands": "passed its own gate and waits in the merge queue",
    "works": "a worker is at it",
    "waits": "needs tasks that have not landed",
    "asks": "stands still until a question is answered",
    "needs you": "questions that nobody but you can answer; they hold up only the tasks that depend on them",
    "recorded answers": "models were asked when this was recorded, not now",
    "V0": "no check decides it: only the word of the task that did it",
    "V1": "a check passes",
    "V2": "a check passes, and fails on programs made wrong: it tells right from wrong",
    "V3": "as V2, and a check that no prompt contained passes too",
    "rung": "a step of a task's ladder: flash, three of it at once, pro, a person",
}
"""What the words on the screens mean, in a line each."""
