"""The catalogue of lint rules, one module or more for each group of codes. Pure."""

from . import (
    ambiguity_outcomes,
    ambiguity_shape,
    ambiguity_values,
    ambiguity_words,
    consistency_code,
    consistency_pairs,
    consistency_words,
    execution_files,
    execution_paths,
    execution_safety,
    form,
    form_hidden,
    form_near,
    identity,
    suppression,
    testability_bars,
    testability_base,
    testability_checks,
    testability_cover,
    testability_paths,
    testability_scripts,
    testability_weak,
)
from .reading import Reading
from .rule import Hit, Rule
from .surroundings import Surroundings

_MODULES = (
    form,
    form_hidden,
    form_near,
    suppression,
    identity,
    ambiguity_words,
    ambiguity_shape,
    ambiguity_values,
    ambiguity_outcomes,
    testability_bars,
    testability_base,
    testability_checks,
    testability_cover,
    testability_paths,
    testability_scripts,
    testability_weak,
    consistency_code,
    consistency_pairs,
    consistency_words,
    execution_files,
    execution_paths,
    execution_safety,
)
RULES: tuple[Rule, ...] = tuple(sorted((rule for module in _MODULES for rule in module.RULES), key=lambda r: r.code))
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}

__all__ = ["BY_CODE", "RULES", "Hit", "Reading", "Rule", "Surroundings"]
