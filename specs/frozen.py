"""The dataclass that nouns are made with: frozen, slots, keyword-only. The only module that knows how one is made.

`dataclasses.dataclass(frozen=True, slots=True)` writes and compiles seven functions for each class, a third of a
millisecond, and `agentctl lint` needs thirty classes before it reads the first word. Here a class gets its own
`__init__` from the standard library and shares the other six: a quarter of the time, and the same class to a caller.
"""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - so that a type checker knows what it reads
else:

    def dataclass(
        *, frozen: Literal[True], slots: Literal[True], kw_only: Literal[True]
    ) -> Callable[[type[Any]], type[Any]]:
        """As the standard library's, for these three and no others; every field takes part in comparisons."""
        if not (frozen and slots and kw_only):
            raise TypeError("use dataclasses.dataclass for what is not frozen, keyword-only and with slots")
        return _made


def _made(cls: type[Any]) -> type[Any]:
    own = vars(cls)
    made = dataclasses.dataclass(repr=False, eq=False, slots=True, kw_only=True)(cls)
    for name in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"):
        if name not in own:
            setattr(made, name, vars(_Shared)[name])
    return made


class _Shared:
    """What all nouns do alike; no noun inherits from it, each has its own reference to these functions."""

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in zip(_names(self), _values(self), strict=True))
        return f"{type(self).__qualname__}({said})"

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def __setattr__(self, name: str, value: object) -> None:
        """A field can be set once, which is what `__init__` does."""
        if hasattr(self, name):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")


def _names(noun: Any) -> Iterable[str]:
    fields: dict[str, object] = noun.__dataclass_fields__
    return fields


def _values(noun: Any) -> tuple[object, ...]:
    return tuple(getattr(noun, name) for name in _names(noun))
