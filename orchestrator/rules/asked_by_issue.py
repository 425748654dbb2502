"""An issue's text as a spec, and a reviewer's remark as a sentence: whoever wrote them, they widen nothing. Pure.

Who may start a run has read the issue; who wrote it may be anybody. So its front matter may only narrow: where workers
write (``owns``, ``forbid``), an id, an autonomy that asks, and a budget below the cap. Commands of a gate, ``allow``,
``lint`` and ``depends`` are for a file that was reviewed. What a reader of the page does not see is left out, and
`KEPT_OUT` is forbidden to every task of such a spec.
"""

import json
import re

from ...specs import front_matter
from ...specs.nouns import Meta
from ..nouns.policy import Policy
from ..nouns.runs import Limits
from .fenced import CODE_FENCE, ends_fence, from_outside, seen

KEPT_OUT = (".github/**", "agentctl.toml")
"""What no text of an issue has changed: it decides what is run elsewhere, and what is allowed."""
LONGEST_SENTENCE = 600
_LONGEST_SPEC = 100_000
_LONGEST_TITLE = 200
_HEADING = re.compile(r"\s*# +\S")
_UNUSABLE = frozenset({"SPF001", "SPF002"})
_MARKS = re.compile(r"^(?:[\s>#*+|-]+|\d{1,9}[.)]\s|\[[ xX]?\]\s|\*{0,2}`?[REPNQAI]\d{1,6}`?\*{0,2}\s*[:.)]\s*)+")
_MORE_THAN = "an issue's front matter cannot set `{}`: write it into a spec that is committed, or into agentctl.toml"


def spec_of_issue(title: str, body: str, *, policy: Policy | None = None) -> str:
    """The spec that an issue's text is, ready to be parsed; front matter that cannot be read stays, for lint to say."""
    text = from_outside(body, most=_LONGEST_SPEC)
    source, _ = front_matter.split(text)
    rest = text if not source else text.split("\n", source.count("\n") + 2)[-1]
    meta, wrong = front_matter.read(text)
    if any(each.code in _UNUSABLE for each in wrong):
        return text
    heading = "" if _HEADING.match(rest) else f"# {_line(title)[:_LONGEST_TITLE] or 'Untitled'}\n\n"
    return f"{_front(meta, policy or Policy())}{heading}{rest.strip()}\n"


def left_out(body: str, *, policy: Policy | None = None) -> tuple[str, ...]:
    """What of an issue's front matter does not count, a sentence each, for who started the run."""
    meta, _ = front_matter.read(seen(body))
    names = [
        ("gate", bool(meta.gate)),
        ("allow", bool(meta.allow.deps or meta.allow.paths)),
        ("lint", bool(meta.ignore)),
        ("depends", bool(meta.depends)),
        ("autonomy: never", meta.autonomy == "never"),
        ("budget.workers", meta.budget.workers is not None),
        ("budget.usd", meta.budget.usd is not None and meta.budget.usd > _cap(policy or Policy())),
    ]
    return tuple(f"{_MORE_THAN.format(name)}." for name, there in names if there)


def sentence_of(text: str) -> str:
    """A reviewer's remark as one sentence of a spec: what they say themselves; empty where that is nothing.

    Code they suggest stays, in backticks; quotations, marks of lists and ids that would make an item of it go.
    """
    words: list[str] = []
    bar = ""
    for line in from_outside(text, most=LONGEST_SENTENCE * 4).split("\n"):
        if bar and ends_fence(line, bar):
            bar = ""
        elif bar:
            code = line.strip().replace("`", "'")
            words += [f"`{code}`"] if code else []
        elif opened := CODE_FENCE.match(line):
            bar = opened[1]
        elif not line.lstrip().startswith(">"):
            words.append(_MARKS.sub("", line))
    sentence = " ".join(" ".join(words).split())
    return sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[: LONGEST_SENTENCE - 1].rstrip()}…"


def _front(meta: Meta, policy: Policy) -> str:
    lines = ["---", *([f"id: {meta.id}"] if meta.id else [])]
    if meta.budget.usd is not None and meta.budget.usd <= _cap(policy):
        lines.append(f"budget: {{usd: {meta.budget.usd:g}}}")
    if meta.autonomy is not None and meta.autonomy != "never":
        lines.append(f"autonomy: {meta.autonomy}")
    lines += [f"owns: {json.dumps(meta.owns, ensure_ascii=False)}"] if meta.owns else []
    forbidden = tuple(dict.fromkeys((*meta.forbid, *KEPT_OUT)))
    return "\n".join([*lines, f"forbid: {json.dumps(forbidden, ensure_ascii=False)}", "---", "", ""])


def _cap(policy: Policy) -> float:
    return Limits().usd if policy.usd_per_run is None else policy.usd_per_run


def _line(text: str) -> str:
    return _MARKS.sub("", " ".join(from_outside(text, most=_LONGEST_TITLE * 2).split()))
