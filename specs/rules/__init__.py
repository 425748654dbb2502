"""The catalogue of lint rules, one module for each group of codes. Pure."""

from .ambiguity import RULES as AMBIGUITY
from .consistency import RULES as CONSISTENCY
from .execution import RULES as EXECUTION
from .form import RULES as FORM
from .identity import RULES as IDENTITY
from .rule import Rule
from .testability import RULES as TESTABILITY

RULES: tuple[Rule, ...] = (*FORM, *IDENTITY, *AMBIGUITY, *TESTABILITY, *CONSISTENCY, *EXECUTION)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}

__all__ = ["BY_CODE", "RULES", "Rule"]
