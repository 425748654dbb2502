"""How a repository wants titles of pull requests, and a title in that form. Reads texts of its base. Pure.

Known are commitlint (its configuration as JSON or YAML, in package.json, or a script that names a preset), the semantic
pull request app, and the workflow step ``semantic-pull-request``. A script is never run: it is searched for its preset.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import yaml

from .harmless import title as harmless
from .review_minutes import kind_of

PLAIN_WIDTH = 72
COMMITLINT = (
    *(".commitlintrc", ".commitlintrc.json", ".commitlintrc.yaml", ".commitlintrc.yml"),
    *(f"{stem}.{end}" for stem in ("commitlint.config", ".commitlintrc") for end in ("js", "cjs", "mjs", "ts", "cts")),
)
SEMANTIC = (".github/semantic.yml", ".github/semantic.yaml", "semantic.yml")
MANIFEST = "package.json"
WORKFLOWS = ".github/workflows/"
TYPES = ("build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test")
"""Of Conventional Commits, as commitlint's preset has them."""

_PRESET = re.compile(r"config-(?:conventional|angular)|conventional-changelog")
_STEP = "semantic-pull-request"
_OF_KIND = {"docs": ("docs",), "tests": ("test",), "settings": ("chore", "build"), "code": ("feat",)}
_MOST = 200_000
"""Characters of a file that is looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRule:
    """``type(scope): subject``, with these types, and these scopes; any scope where there are none."""

    types: tuple[str, ...] = TYPES
    scopes: tuple[str, ...] = ()
    scope_required: bool = False
    width: int = PLAIN_WIDTH


def wanted(path: str) -> bool:
    """Whether a file may say how titles are to be."""
    in_workflows = path.startswith(WORKFLOWS) and path.endswith((".yml", ".yaml"))
    return path in (*COMMITLINT, *SEMANTIC, MANIFEST) or in_workflows


def title_rule(files: Mapping[str, str]) -> TitleRule | None:
    """The rule in these files of a repository, by path; None where titles are free."""
    for path in (*COMMITLINT, MANIFEST):
        if path in files and (rule := _of_commitlint(path, files[path][:_MOST])) is not None:
            return rule
    for path in SEMANTIC:
        if path in files:
            return _of_app(_read(files[path][:_MOST]))
    for path, text in sorted(files.items()):
        if path.startswith(WORKFLOWS) and _STEP in text and (rule := _of_workflow(text[:_MOST])) is not None:
            return rule
    return None


def titled(subject: str, rule: TitleRule | None, *, scope: str, paths: Collection[str]) -> str:
    """A title of these words, in the repository's form if it has one; without signs that act on a forge."""
    if rule is None:
        words = harmless(subject, width=PLAIN_WIDTH)
        return words[:1].upper() + words[1:] if words.partition(" ")[0].strip(",:").isalpha() else words
    head = _type(rule, paths) + _scope(rule, scope) + ": "
    words = harmless(subject, width=max(rule.width - len(head), 10)).rstrip(".")
    lowered = words[:1].lower() + words[1:] if not words[1:2].isupper() else words
    return head + lowered


def _type(rule: TitleRule, paths: Collection[str]) -> str:
    kinds = {kind_of(path) for path in paths}
    kind = next(iter(kinds)) if len(kinds) == 1 else "code"
    return next((each for each in (*_OF_KIND[kind], "feat", *rule.types) if each in rule.types), "feat")


def _scope(rule: TitleRule, scope: str) -> str:
    if rule.scopes and scope not in rule.scopes:
        scope = rule.scopes[0] if rule.scope_required else ""
    return f"({scope})" if scope else ""


def _of_commitlint(path: str, text: str) -> TitleRule | None:
    if path.endswith(("js", "ts")):
        return TitleRule() if _PRESET.search(text) else None
    whole = _read(text)
    found = whole.get("commitlint") if path == MANIFEST else whole
    if not isinstance(found, dict):
        return None
    rules = found.get("rules")
    rules = rules if isinstance(rules, dict) else {}
    types, scopes = _value(rules, "type-enum"), _value(rules, "scope-enum")
    if not types and not _PRESET.search(json.dumps(found.get("extends", ""), default=str)):
        return None
    longest = _level(rules, "header-max-length")
    return TitleRule(
        types=types or TYPES,
        scopes=scopes,
        scope_required=rules.get("scope-empty", [0])[:2] == [2, "never"] if _listed(rules, "scope-empty") else False,
        width=min(longest, PLAIN_WIDTH) if longest else PLAIN_WIDTH,
    )


def _of_app(found: Mapping[str, object]) -> TitleRule | None:
    """Of the app: it looks at titles unless it is told to look at commits alone."""
    if found.get("enabled") is False or found.get("commitsOnly") is True:
        return None
    return TitleRule(types=_words(found.get("types")) or TYPES, scopes=_words(found.get("scopes")))


def _of_workflow(text: str) -> TitleRule | None:
    """Of the step that names itself so, in whichever job."""
    jobs = _read(text).get("jobs")
    for job in jobs.values() if isinstance(jobs, dict) else ():
        steps = job.get("steps") if isinstance(job, dict) else None
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict) and _STEP in str(step.get("uses", "")):
                given = step.get("with")
                given = given if isinstance(given, dict) else {}
                return TitleRule(
                    types=_words(given.get("types")) or TYPES,
                    scopes=_words(given.get("scopes")),
                    scope_required=str(given.get("requireScope", "")).lower() == "true",
                )
    return None


def _read(text: str) -> dict[str, object]:
    """JSON or YAML as a mapping; empty for what is neither, or something else."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(rules: Mapping[str, object], name: str) -> bool:
    return isinstance(rules.get(name), list)


def _value(rules: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The third part of a rule, ``[2, "always", ["feat", "fix"]]``, where it is one that is on."""
    rule = rules.get(name)
    if not isinstance(rule, list) or rule[:2] not in ([1, "always"], [2, "always"]) or not rule[2:]:
        return ()
    return _words(rule[2])


def _level(rules: Mapping[str, object], name: str) -> int:
    rule = rules.get(name)
    on = isinstance(rule, list) and rule[:1] != [0] and bool(rule[2:]) and isinstance(rule[2], int)
    return rule[2] if on and isinstance(rule, list) else 0


def _words(found: object) -> tuple[str, ...]:
    """Names out of a list or of lines; what is a pattern or has other signs is left out."""
    lines: Sequence[object] = found.splitlines() if isinstance(found, str) else found if isinstance(found, list) else ()
    return tuple(word for each in lines if re.fullmatch(r"[A-Za-z][\w.-]{0,39}", word := str(each).strip()))
