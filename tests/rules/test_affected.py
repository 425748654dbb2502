"""Which tests a change concerns, by imports."""

import pytest
from agentctl.orchestrator.rules.affected import affected

PYTHON = {
    "src/shop/__init__.py": b"from .core import price\n",
    "src/shop/core.py": b"def price(n): return n\n",
    "src/shop/tax.py": b"from shop.core import price\n",
    "src/shop/cli.py": b"from . import tax\n",
    "src/loud.py": b"import json\n",
    "tests/conftest.py": b"import loud\n",
    "tests/test_core.py": b"from shop.core import price\n",
    "tests/test_tax.py": b"import shop.tax as t\n",
    "tests/test_cli.py": b"from shop import cli\n",
    "tests/test_all.py": b"import shop\n",
    "tests/test_none.py": b"import json\n",
    "README.md": b"shop\n",
    "tests/broken_test.py": b"from shop import (",
}
SCRIPT = {
    "web/cart.ts": b"export const total = 1\n",
    "web/index.ts": b"export { total } from './cart'\n",
    "web/cart.test.ts": b"import { total } from './cart.js'\n",
    "web/page.spec.tsx": b"import { total } from '.'\nimport x from '../web/index'\n",
    "web/other.test.ts": b"import assert from 'node:assert'\n",
}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ("src/shop/tax.py", ["tests/test_tax.py", "tests/test_cli.py"]),
        ("src/shop/cli.py", ["tests/test_cli.py"]),
        ("tests/test_none.py", ["tests/test_none.py"]),
        ("README.md", []),
        ("src/shop/gone.py", []),
        ("web/cart.ts", ["web/cart.test.ts", "web/page.spec.tsx"]),
    ],
)
def test_who_imports_what_changed_is_concerned_the_nearest_first(changed: str, found: list[str]) -> None:
    assert list(affected(PYTHON | SCRIPT, [changed], ())) == found


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.ts", "import { a } from './core'"),
        ("a.ts", "import a, * as b from './core'"),
        ("a.ts", "import type { A } from './core'"),
        ("a.ts", "import './core'"),
        ("a.ts", "import {} from './core'"),
        ("a.cts", "import core = require('./core')"),
        ("a.ts", "export { a as b } from './core'"),
        ("a.ts", "export {} from './core'"),
        ("a.ts", "export * from './core'"),
        ("a.ts", "export * as core from './core'"),
        ("a.tsx", "export type * from './core'"),
        ("a.ts", "type A = import('./core').A"),
        ("a.js", "const { a } = require('./core')"),
        ("a.js", "const a = require('./core').a"),
        ("a.js", "const [a] = require('./core')"),
        ("a.cjs", "module.exports = { ...require('./core') }"),
        ("a.js", "require('./core')"),
        ("a.js", "const core = await import('./core.ts')"),
        ("a.js", "import(/* webpackChunkName: 'core' */ './core').then(use)"),
        ("a.jsx", "const Core = lazy(() => import(`./core`))"),
    ],
)
def test_whatever_a_script_takes_hands_on_or_loads_as_it_goes_is_followed(name: str, written: str) -> None:
    importer, stem = f"web/{name}", name.partition(".")[0]
    files = {importer: written.encode(), "web/core.ts": b"", "web/a.test.js": f"import x from './{stem}'".encode()}
    assert affected(files, ["web/core.ts"], ()) == ("web/a.test.js",)


@pytest.mark.parametrize(
    "written",
    ["require(core)", "import(`./${core}`)", "require('./core' + end)", "load('./core')", "await", "import()"],
)
def test_what_is_no_literal_is_not_guessed(written: str) -> None:
    assert affected({"a.test.js": written.encode(), "core.js": b""}, ["core.js"], ()) == ()


def test_what_a_package_hands_on_and_what_a_conftest_imports_is_followed() -> None:
    assert set(affected(PYTHON, ["src/shop/core.py"], ())) >= {"tests/test_core.py", "tests/test_all.py"}
    assert affected(PYTHON, ["src/shop/core.py"], ())[0] == "tests/test_core.py"
    assert set(affected(PYTHON, ["src/loud.py"], ())) == {each for each in PYTHON if "test_" in each or "_test" in each}


def test_files_of_other_names_are_tests_where_they_are_known_to_be() -> None:
    files = {"a.py": b"", "checks/a_check.py": b"import a\n"}
    assert affected(files, ["a.py"], ()) == ()
    assert affected(files, ["a.py"], {"checks/a_check.py"}) == ("checks/a_check.py",)


def test_a_file_that_went_away_concerns_who_imported_it() -> None:
    files = {path: content for path, content in PYTHON.items() if path != "src/shop/tax.py"}
    assert list(affected(files, ["src/shop/tax.py"], ())) == ["tests/test_tax.py", "tests/test_cli.py"]


def test_circles_end() -> None:
    files = {"a.py": b"import b\n", "b.py": b"import a\n", "test_a.py": b"import a\n"}
    assert affected(files, ["b.py"], ()) == ("test_a.py",)
