"""The text of a slice's pull request: what it is, what shows it, what was decided, what it cost. Pure.

Everything that a model, a spec or a person wrote passes through `harmless`; what acts on a forge here is ours alone.
"""

from collections.abc import Iterator, Sequence

from ..nouns.delivery import Cut, Decided, Spent, Story
from .harmless import cell, inline
from .pull_template import Section, filled, plain

MOST = 60_000
"""Characters of a text; GitHub takes 65,536."""
_ROWS = 60
_LONGEST_TEMPLATE = 20_000
_DESCRIBES = ("description", "what", "summary", "overview", "changes", "proposed", "motivation", "why", "context")
_TESTS = ("test", "tests", "testing", "tested", "verify", "verification", "qa")


def marker(run: str, name: str) -> str:
    """The hidden line of markdown by which a slice's pull request is known."""
    return f"<!-- agentctl:slice:{run}:{name} -->"


def body(cut: Cut, story: Story, *, template: str = "") -> str:
    """The text, in the repository's template if it has one; ends with the marker."""
    sections = list(_sections(cut, story))
    usable = 0 < len(template) <= _LONGEST_TEMPLATE
    text = filled(template, sections) if usable else plain(sections)
    if len(text) > MOST:
        text = text[:MOST].rpartition("\n")[0] + "\n\nThe rest is left out: `agentctl report` has it."
    return f"{text}\n\n{marker(story.run, cut.slice.name)}\n"


def _sections(cut: Cut, story: Story) -> Iterator[Section]:
    yield Section(title="", text=_described(cut, story), fits=_DESCRIBES)
    if cut.shown:
        yield Section(title="What shows it", text="\n".join(_shown(cut)), fits=("requirements", "acceptance"))
    if story.decided:
        yield Section(title="Decided", text="\n".join(_listed(story.decided)), fits=("decisions",))
    if story.assumed:
        yield Section(title="Taken for granted", text="\n".join(_listed(story.assumed)), fits=("assumptions",))
    if cut.commits:
        yield Section(title="Commits", text="\n".join(_commits(cut)), fits=("commits",))
    yield Section(title="See for yourself", text=_commands(story), fits=_TESTS)
    yield Section(title="Cost", text="\n".join(_cost(story)), fits=("cost",))


def _described(cut: Cut, story: Story) -> str:
    what = _sentence(story.what or story.title)
    if story.parts > 1:
        what = f"Part {story.part} of {story.parts} of *{inline(story.title, width=120)}*: {what}"
    lines = [f"{what} {_sentence(story.why)}".rstrip()]
    if story.on:
        lines.append(f"It is stacked on `{story.on}`: review and merge that first.")
    if story.partial:
        lines.append(inline(story.partial))
    lines += [_sentence(note) for note in cut.slice.notes]
    minutes = max(round(cut.slice.minutes), 1)
    owners = f" Its files are owned by {', '.join(f'`{name}`' for name in cut.slice.owners)}." if _owned(cut) else ""
    lines.append(f"About {minutes} {'minute' if minutes == 1 else 'minutes'} to read.{owners}")
    return "\n\n".join(lines)


def _owned(cut: Cut) -> bool:
    return bool(cut.slice.owners) and not any("`" in name for name in cut.slice.owners)


def _sentence(text: str) -> str:
    """Words as one sentence, its first letter large."""
    line = inline(text)
    if not line:
        return ""
    line = line[0].upper() + line[1:]
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def _shown(cut: Cut) -> Iterator[str]:
    yield "| requirement | sentence | evidence | check |"
    yield "|---|---|---|---|"
    for each in cut.shown[:_ROWS]:
        check = "a hidden check" if each.hidden else f"`{_id(each.check)}`" if each.check else "none"
        sentence = cell(each.text, width=240)
        yield f"| {cell(each.requirement)} | {sentence} | {each.level or 'not in this part'} | {check} |"
    yield from _more(cut.shown)
    yield ""
    yield (
        "V1: its check passes. V2: the check fails, by assertion, against a wrong program made of this one. "
        "V3: a hidden check passes too. V0: no check decides it."
    )


def _id(text: str) -> str:
    return "".join(char for char in text if char.isalnum() or char in "._-:")


def _listed(decided: Sequence[Decided]) -> Iterator[str]:
    for each in decided[:_ROWS]:
        yield f"- {inline(each.question, width=300)} **{inline(each.answer, width=300)}** ({inline(each.by)})"
    yield from _more(decided)


def _commits(cut: Cut) -> Iterator[str]:
    for commit, task, title in cut.commits[:_ROWS]:
        yield f"- {commit[:10]} {f'{inline(task)}: ' if task else ''}{inline(title, width=120)}"
    yield from _more(cut.commits)


def _commands(story: Story) -> str:
    return "\n".join(["```", *(line.replace("```", "") for line in story.commands), "```"])


def _cost(story: Story) -> Iterator[str]:
    if story.recorded:
        yield "The answers in this run were recorded earlier and replayed; no model was asked."
        return
    whole = sum(each.usd for each in story.spent)
    calls = sum(each.calls for each in story.spent)
    yield f"The whole run: ${whole:.2f} in {calls} {'call' if calls == 1 else 'calls'}."
    yield from ("", *_models(story.spent)) if story.spent else ()


def _models(spent: Sequence[Spent]) -> Iterator[str]:
    yield "| model | calls | dollars |"
    yield "|---|---|---|"
    for model in dict.fromkeys(each.model for each in spent):
        calls = sum(each.calls for each in spent if each.model == model)
        usd = sum(each.usd for each in spent if each.model == model)
        yield f"| {cell(model)} | {calls} | {usd:.2f} |"


def _more(all_: Sequence[object]) -> Iterator[str]:
    if len(all_) > _ROWS:
        yield f"\nand {len(all_) - _ROWS} more: `agentctl report`"
