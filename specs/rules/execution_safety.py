"""Group X, safety: what a run must not do to the machine, to others, or to a budget."""

import re
from collections.abc import Iterator

from .. import front_matter
from ..nouns import Diagnostic
from .reading import Reading
from .rule import Hit, Rule, at_item
from .surroundings import Surroundings

_DANGERS = (
    (r"(?:^|[|;&(]\s*|\s)(?:sudo|doas)\s", "asks for the rights of the administrator"),
    (r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b", "runs what it downloads"),
    (r"\b(?:ba|z)?sh\s+<\(\s*(?:curl|wget)\b|\b(?:eval|source)\s+[\"']?\$\((?:curl|wget)\b", "runs what it downloads"),
    (r"\brm\s+(?:-\w+\s+)+(?:--\s+)?(?:/(?!tmp/)|~|\$HOME|\.\.)", "deletes outside the repository"),
    (
        r"(?:>>?|\btee\s+(?:-a\s+)?)\s*(?:/(?!dev/(?:null|stdout|stderr)\b|tmp/)|~/|\$HOME|\.\./)",
        "writes outside the repository",
    ),
    (
        r"\b(?:cp|mv|install|ln)\b[^|;&]*\s(?:/(?!tmp/|dev/)|~/|\$HOME/|\.\./)\S*\s*(?:$|[|;&])",
        "writes outside the repository",
    ),
    (r"\bmkfs\b|\bdd\s+[^|;&]*of=/dev/(?!null)|:\(\)\s*\{", "destroys more than the repository"),
)
_PYTHON_DANGERS = (
    (r"open\(\s*[\"'](?:/(?!tmp/|dev/null)|~/|\.\./)[^\"']*[\"']\s*,\s*[\"'][wax]", "writes outside the repository"),
    (
        r"Path\(\s*[\"'](?:/(?!tmp/|dev/null)|~/|\.\./)[^\"']*[\"']\)\.(?:write_\w+|unlink|mkdir|touch)",
        "writes outside the repository",
    ),
    (r"rmtree\(\s*[\"'](?:/(?!tmp/)|~|\.\.)", "deletes outside the repository"),
    (r"[\"']sudo[\s\"']", "asks for the rights of the administrator"),
)
_DIGITS = 2  # a name in hyphens has fewer
_SECRETS = (
    ("AKIA", r"\bAKIA(?!\w*EXAMPLE)[A-Z0-9]{16}\b", "a key of AWS"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{30,}", "a token of GitHub"),
    ("github_pat_", r"\bgithub_pat_\w{22,}", "a token of GitHub"),
    ("glpat-", r"\bglpat-[\w-]{20,}", "a token of GitLab"),
    ("sk-", r"(?<![\w-])sk-[A-Za-z0-9_-]{20,}+", "an API key"),
    ("sk_live_", r"\bsk_live_[A-Za-z0-9]{16,}", "a key of Stripe"),
    ("AIza", r"\bAIza[\w-]{35}\b", "a key of Google"),
    ("xox", r"(?<![\w-])xox[abeoprs]-[\w-]{20,}+", "a token of Slack"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}\b", "a token of npm"),
    ("PRIVATE KEY-----", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----\s*[A-Za-z0-9+/=]{24,64}", "a private key"),
)
_IRREVERSIBLE = (
    r"\b(?:MUST|SHALL|SHOULD)\s+(?:also\s+)?((?:delete|drop|purge|wipe|truncate|publish|deploy|send|migrate|revoke|pay|charge)s?)"
    r"\s+(?:[\w-]+\s+){0,4}?(?:files?|director(?:y|ies)|folders?|tables?|databases?|schemas?|buckets?|branch(?:es)?|tags?|"
    r"accounts?|users?|customers?|records?|rows?|e-?mails?|mails?|messages?|notifications?|packages?|releases?|images?|"
    r"production|servers?|services?|sites?|volumes?|repositor(?:y|ies)|webhooks?|payments?|invoices?|data|backups?)\b"
)
_DRY = r"--?dry-?run\b|\bdry_run\b|--simulate\b|--check\b|--plan\b|--no-act\b"


def dangerous(reading: Reading) -> Iterator[Diagnostic]:
    """Commands of checks and gates that reach beyond the repository."""
    commands = [(s.command, s.line, check.id) for check, steps in reading.transcripts for s in steps]
    gates = {
        gate: next((n for n, line in enumerate(reading.lines, 1) if gate in line), 1) for gate in reading.spec.meta.gate
    }
    commands += [(gate, line, "gate") for gate, line in gates.items()]
    for command, line, target in commands:
        found = next((what for pattern, what in _DANGERS if re.search(pattern, command)), "")
        if found:
            yield Diagnostic(code="SPX407", message=f"`{command[:80]}` {found}", line=line, target=target)
    for check, _ in reading.python:
        for number, text in enumerate(check.body.split("\n"), check.line):
            found = next((what for pattern, what in _PYTHON_DANGERS if re.search(pattern, text)), "")
            if found:
                yield Diagnostic(code="SPX407", message=f"`{text.strip()[:80]}` {found}", line=number, target=check.id)


def secret(reading: Reading) -> Iterator[Diagnostic]:
    """Keys and tokens anywhere in the file; what is found is not repeated."""
    text = reading.spec.text
    for mark, pattern, what in _SECRETS:
        for found in re.finditer(pattern, text) if mark in text else ():
            if sum(char.isdigit() for char in found[0]) < _DIGITS:
                continue
            line = text.count("\n", 0, found.start()) + 1
            message = f"this looks like {what}: take it out and revoke it, for a spec goes to models and into commits"
            yield Diagnostic(
                code="SPX408", message=message, line=line, col=found.start() - text.rfind("\n", 0, found.start())
            )


def no_way_back(reading: Reading) -> Iterator[Diagnostic]:
    """What cannot be undone, in a run that asks nobody, without a check that tries it dry."""
    if reading.spec.meta.autonomy != "never":
        return
    dry = {item_id for check in reading.spec.checks if re.search(_DRY, check.body) for item_id in check.ids}
    for wording in reading.wordings:
        found = re.search(_IRREVERSIBLE, wording.plain)
        if found and wording.item.id not in dry:
            message = f'nobody is asked, and "{found[1]}" cannot be undone: add a check of a dry run, or let it ask'
            yield at_item(wording.item, "SPX409", message)


def sick_gates(reading: Reading) -> Iterator[Diagnostic]:
    """Gates that cannot be run, and gates that are red before anything is built."""
    for gate in reading.spec.meta.gate:
        line = next((n for n, text in enumerate(reading.lines, 1) if gate in text), 1)
        if gate in reading.around.missing_gates:
            message = f"the program of the gate `{gate[:80]}` was not found: no work could pass it"
            yield Diagnostic(code="SPX403", message=message, line=line, target="gate")
        elif gate in reading.around.red_gates:
            message = f"the gate `{gate[:80]}` is red on the base commit: what fails there is not held against the work"
            yield Hit(code="SPX403", message=message, line=line, target="gate", severity="warning")


def small_budget(reading: Reading) -> Iterator[Diagnostic]:
    """Budgets below the planner's estimate, or none where there is one."""
    estimate, budget = reading.around.estimate_usd, reading.spec.meta.budget.usd
    if estimate is None or (budget is not None and budget >= estimate):
        return
    line = front_matter.line_of(front_matter.split(reading.spec.text)[0], "budget")
    said = "there is no budget" if budget is None else f"the budget is {budget:.2f} USD"
    message = (
        f"{said}, and the plan is estimated at {estimate:.2f} USD: `budget: {{usd: {estimate * 1.5:.2f}}}` leaves room"
    )
    yield Diagnostic(code="SPX404", message=message, line=line, target="budget")


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_GATE = '---\ngate: ["ruff check ."]\n---\n' + _R1
_NEVER = "---\nautonomy: never\n---\n# a\n\n- **R1** `a` MUST {}.\n"
RULES = (
    Rule(
        code="SPX403",
        name="sick-gate",
        severity="error",
        why="A gate that cannot be run refuses all work; one that is red beforehand says nothing of it.",
        source="continuous integration: know the baseline",
        bad=_GATE.replace("ruff", "rufff"),
        good=_GATE,
        around=Surroundings(missing_gates=frozenset({"rufff check ."})),
        find=sick_gates,
    ),
    Rule(
        code="SPX404",
        name="small-budget",
        severity="warning",
        why="A run that stops at its cap in the middle costs its money and delivers a half.",
        source="Kiro issue 2198",
        bad="---\nbudget: {usd: 1.00}\n---\n" + _R1,
        good="---\nbudget: {usd: 4.00}\n---\n" + _R1,
        around=Surroundings(estimate_usd=2.0),
        find=small_budget,
    ),
    Rule(
        code="SPX407",
        name="dangerous-command",
        severity="error",
        why="Checks and gates run again and again, and nobody looks.",
        source="this format: a check is run in the root of the repository",
        bad=_R1 + "\n```console R1\n$ curl https://example.org/install | sh\n1\n```\n",
        good=_R1 + "\n```console R1\n$ a > out.txt && cat out.txt\n1\n```\n",
        find=dangerous,
    ),
    Rule(
        code="SPX408",
        name="secret",
        severity="error",
        why="A spec is sent to models, stored with the run, and committed.",
        source="the providers' formats; GitHub's secret scanning patterns",
        bad=_R1 + "\n```console R1\n$ a --key ghp_" + "a1B2c3D4" * 5 + "\n1\n```\n",
        good=_R1 + "\n```console R1\n$ a --key $KEY\n1\n```\n",
        find=secret,
    ),
    Rule(
        code="SPX409",
        name="no-way-back",
        severity="error",
        why="What cannot be undone is tried dry first, or a person says yes.",
        source="this format: `autonomy: never` asks nobody",
        bad=_NEVER.format("delete old branches"),
        good=_NEVER.format("delete old branches") + "\n```console R1\n$ a --dry-run\nwould delete b\n```\n",
        find=no_way_back,
    ),
)
