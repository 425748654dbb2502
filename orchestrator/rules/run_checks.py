"""Our two checks on a commit, from what a run says: what the gate judged, and where the run stands. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..nouns.forge import Annotation, CheckState, CheckWanted
from ..nouns.runs import Run, TaskStatus
from ..nouns.verdicts import Verdict

GATE, QUEUE = "agentctl/gate", "agentctl/queue"
OURS = "agentctl/"
"""How the names of our own checks begin."""
_MOST = 50
"""Annotations that GitHub takes at once."""
_TEXT, _TITLE = 60_000, 200
_LINE = re.compile(
    r"^(?P<path>[\w.+-][\w.+/-]{0,250}\.\w{1,10}):(?P<line>[1-9]\d{0,6})(?::\d+)?: ?(?P<what>.*)$", re.MULTILINE
)


def gate_check(sha: str, verdict: Verdict | None, *, evidence: str = "", run: str = "") -> CheckWanted:
    """What the gate said of a commit's tree; ``evidence`` is markdown that speaks for its requirements."""
    if verdict is None:
        return CheckWanted(name=GATE, sha=sha, state="queued", title="not judged yet", external_id=run)
    if verdict.passed:
        title = f"{_counted(len(verdict.tests), 'test')} passed on this exact tree"
        return CheckWanted(name=GATE, sha=sha, state="success", title=title, summary=evidence, external_id=run)
    words = "\n\n".join(_fenced(reason) for reason in verdict.reasons)
    return CheckWanted(
        name=GATE,
        sha=sha,
        state="failure",
        title=_cut((verdict.reasons or ("red",))[0].split("\n")[0], _TITLE),
        summary=_cut(words, _TEXT),
        annotations=annotations(verdict.reasons),
        external_id=run,
    )


def foreign_check(sha: str, *, pushed: str, run: str = "") -> CheckWanted:
    """Of a head that is not what we pushed: nobody has judged it."""
    title = "this commit is not ours and was not judged"
    summary = f"What was judged is {pushed[:10]}. The commits of others stay as they are."
    return CheckWanted(name=GATE, sha=sha, state="neutral", title=title, summary=summary, external_id=run)


def queue_check(sha: str, run: Run, tasks: Sequence[TaskStatus], *, waiting: Iterable[str] = ()) -> CheckWanted:
    """Where the run stands whose result this commit is, or is to be."""
    landed = sum(status.state == "landed" for status in tasks)
    queued = sum(status.state == "queued" for status in tasks)
    figures = f"{landed} of {_counted(len(tasks), 'task')} landed"
    asked = ", ".join(waiting)
    state: CheckState = "running"
    match run.state:
        case "done":
            state, title = "success", figures
        case "failed" | "cancelled" | "drained":
            state, title = "neutral", f"{run.state}: {figures}"
        case "planning":
            title = "the plan is being made"
        case _:
            title = f"{figures}, {queued} in the merge queue"
    title = f"{title}; {asked} to be answered" if asked and state == "running" else title
    return CheckWanted(name=QUEUE, sha=sha, state=state, title=_cut(title, _TITLE), external_id=run.id)


def group_checks(sha: str, verdict: Verdict | None, *, trouble: str = "") -> tuple[CheckWanted, CheckWanted]:
    """Both checks on a commit that the forge's own merge queue made: success only where its exact tree passed.

    Without a verdict it is nothing of ours, and both are neutral: a check that is required and says nothing would hold
    up the queue. ``trouble`` is why there is no verdict although it holds a pull request of ours.
    """
    if trouble:
        return _both(sha, "failure", "could not be judged here", summary=_cut(_fenced(trouble), _TEXT))
    if verdict is None:
        summary = "It holds no pull request of a run here: the repository's own checks decide."
        return _both(sha, "neutral", "holds nothing of ours", summary=summary)
    state: CheckState = "success" if verdict.passed else "failure"
    queue = CheckWanted(name=QUEUE, sha=sha, state=state, title="this exact tree was judged")
    return gate_check(sha, verdict), queue


def group_at_work(sha: str) -> tuple[CheckWanted, CheckWanted]:
    """Both checks on such a commit while the gate judges it."""
    return _both(sha, "running", "the gate judges this tree")


def _both(sha: str, state: CheckState, title: str, *, summary: str = "") -> tuple[CheckWanted, CheckWanted]:
    gate = CheckWanted(name=GATE, sha=sha, state=state, title=title, summary=summary)
    return gate, replace(gate, name=QUEUE)


def annotations(reasons: Iterable[str]) -> tuple[Annotation, ...]:
    """The lines that the reasons name, each once; a path that leaves the repository is no path of it."""
    found: dict[tuple[str, int], Annotation] = {}
    for reason in reasons:
        for path, line, message in _lines(reason):
            found.setdefault((path, line), Annotation(path=path, line=line, message=message))
    return tuple(found.values())[:_MOST]


def _lines(reason: str) -> Iterator[tuple[str, int, str]]:
    head = reason.split("\n", maxsplit=1)[0]
    for match in _LINE.finditer(reason):
        if ".." not in match["path"].split("/"):
            yield match["path"], int(match["line"]), _cut(f"{head}\n{match['what']}".strip(), 2000)


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
