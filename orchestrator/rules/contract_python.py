"""What a stub or a test in Python may import: the standard library, what the repository has, what is declared. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .contract_code import is_standard, stub_flaws, test_flaws
from .contract_ground import Ground
from .declarations import bound, parsed
from .languages import module_of


class PythonReading:
    """Judges Python beside what it stands on; ``declared`` are the texts of interfaces and stubs by path."""

    def __init__(self, ground: Ground, declared: Mapping[str, str]) -> None:
        self._ground = ground
        texts = {module_of(path): text for path, text in declared.items() if path.endswith((".py", ".pyi"))}
        self._declared = {module: _names(text) for module, text in texts.items()}
        self._modules = frozenset(_with_packages(map(module_of, ground.paths)))

    def stub(self, _: str, text: str) -> Iterator[str]:
        """What keeps a text from being a stub, as ends of a sentence about it."""
        yield from stub_flaws(text, self._known)

    def test(self, _: str, text: str) -> Iterator[str]:
        """What keeps a text from being a locked test, as ends of a sentence about it."""
        yield from test_flaws(text, self._known)

    def _known(self, module: str, name: str | None) -> str:
        """Why something may not be imported; names of declared modules have to be declared."""
        inner = f"{module}.{name}" if name else module
        if is_standard(module) or module.partition(".")[0] in self._ground.modules - self._ours():
            return ""
        if module in self._declared:
            lacks = name is not None and name not in self._declared[module] and inner not in self._declared
            return f"imports `{name}` of `{module}`, which its interface does not declare" if lacks else ""
        if module in self._modules or inner in self._declared or inner in self._modules:
            return ""
        return f"imports `{module}`, which neither the repository nor the spec's interface nor a stub here has"

    def _ours(self) -> frozenset[str]:
        """First names of the modules that are the repository's own, or will be."""
        return frozenset(each.partition(".")[0] for each in (*self._modules, *self._declared) if each)


def _names(text: str) -> frozenset[str]:
    module = parsed(text)
    return frozenset(bound(module.body)) if module is not None else frozenset()


def _with_packages(modules: Iterable[str]) -> Iterator[str]:
    for module in modules:
        parts: Sequence[str] = module.split(".") if module else ()
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
