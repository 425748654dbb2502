import re

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse
from agentctl.specs.rules import BY_CODE, RULES, Rule


def found(rule: Rule, text: str) -> set[str]:
    return {finding.code for finding in lint(parse(text), rule.around, also={rule.code})}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_each_rule_finds_its_bad_example_and_leaves_its_good_one(rule: Rule) -> None:
    assert rule.code in found(rule, rule.bad)
    assert rule.code not in found(rule, rule.good)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_good_example_blocks_no_run(rule: Rule) -> None:
    errors = {f.code for f in lint(parse(rule.good), rule.around) if f.severity == "error"}
    assert errors == set()


def test_codes_and_names_are_unique_and_each_rule_says_why_and_whence() -> None:
    assert len(BY_CODE) == len(RULES) == len({rule.name for rule in RULES})
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)
    assert [rule.code for rule in RULES if not rule.why.endswith((".", "?")) or not rule.source] == []
    assert [rule.name for rule in RULES if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", rule.name)] == []


def test_every_rule_of_the_catalogue_is_there() -> None:
    groups = {"F": (1, 12), "I": (1, 6), "A": (101, 129), "T": (201, 214), "C": (301, 311), "X": (401, 410)}
    wanted = {f"SP{group}{n:03}" for group, (first, last) in groups.items() for n in range(first, last + 1)}
    assert wanted - set(BY_CODE) == set()


def test_severities_and_defaults_are_those_of_the_catalogue() -> None:
    wording = {rule.code: rule.severity for rule in RULES if rule.code.startswith("SPA")}
    assert {code for code, severity in wording.items() if severity == "error"} == {"SPA113"}
    assert {rule.code for rule in RULES if not rule.default} == {"SPA110"}
    assert not any(rule.blocks for rule in RULES if rule.code.startswith("SPA"))
