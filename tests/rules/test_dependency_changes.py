"""What may pass as adding or bumping a package that a person allowed, and what may not, file by file."""

import pytest
from agentctl.orchestrator.rules.dependency_changes import beyond, is_compared

PYPROJECT = """\
[build-system]
requires = ["hatchling"]

[project]
name = "thing"
dependencies = ["requests>=2", "rich"]

[project.optional-dependencies]
test = ["pytest"]

[tool.pytest.ini_options]
addopts = "-q"
"""


def pyproject(old: str, new: str) -> str:
    assert old in PYPROJECT
    return beyond("pyproject.toml", PYPROJECT.encode(), PYPROJECT.replace(old, new).encode(), allowed=["httpx", "Rich"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"rich"]', '"rich", "httpx"]'),
        ('"rich"]', '"rich", "HTTPX>=0.27,<1"]'),
        ('"rich"]', '"rich>=13", "httpx ~= 0.27 ; python_version > \'3.8\'"]'),
        ('"rich"]', '"rich==13.*"]'),
        ('["requests>=2", "rich"]', '[\n  "httpx",\n  "requests>=2",  # kept\n  "rich",\n]'),
        ('test = ["pytest"]', 'test = ["pytest", "httpx"]'),
        ('test = ["pytest"]', 'test = ["pytest"]\nweb = ["httpx"]'),
        ('name = "thing"', 'name   = "thing"  # the same'),
    ],
)
def test_adding_or_bumping_an_allowed_package_passes(old: str, new: str) -> None:
    assert pyproject(old, new) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"rich"]', '"rich", "evil"]', "adds `evil` to [project] dependencies"),
        ('"rich"]', '"rich", "httpx-evil"]', "adds `httpx-evil`"),
        ('"requests>=2"', '"requests>=3"', "adds `requests>=3`"),
        ('"requests>=2", ', "", "changes `requests>=2`"),
        ('["requests>=2", "rich"]', '["rich", "requests>=2", "rich"]', ""),
        (', "rich"]', "]", "takes `rich` out of"),
        ('"rich"]', '"rich", "httpx @ git+ssh://evil.example/x"]', "more than a name and versions"),
        ('"rich"]', '"rich", "httpx @ file:///tmp/x"]', "more than a name and versions"),
        ('"rich"]', '"rich", "httpx[http2]"]', "asks for an extra"),
        ('"rich"]', '"rich", "httpx\\nevil"]', "more than a name and versions"),
        ('"rich"]', '"rich", 7]', "no list of texts"),
        ('requires = ["hatchling"]', 'requires = ["hatchling", "httpx"]', "changes `build-system.requires`"),
        ('addopts = "-q"', 'addopts = "-q --ignore=tests"', "changes `tool.pytest.ini_options.addopts`"),
        ('name = "thing"', 'name = "thing"\nversion = "1"', "changes `project.version`"),
        ('name = "thing"', "name = 1", "changes `project.name`"),
        ('test = ["pytest"]', 'test = ["pytest", "evil"]', "adds `evil` to the optional-dependencies `test`"),
        ('test = ["pytest"]', "", "takes out the optional-dependencies `test`"),
        ("[tool.pytest.ini_options]", "[project.scripts]\nhttpx = 'x:y'\n[tool.pytest.ini_options]", "project.scripts"),
        ("[build-system]", "[[", "cannot be read"),
    ],
)
def test_anything_else_in_a_pyproject_is_refused_with_the_reason(old: str, new: str, said: str) -> None:
    found = pyproject(old, new)
    assert said in found if said else found == ""


REQUIREMENTS = "--index-url https://pypi.example\nrequests>=2  # for old times\n-r base.txt\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (REQUIREMENTS + "httpx\n", ""),
        (REQUIREMENTS + "httpx==0.27.0 \\\n  ; python_version > '3.8'\n", ""),
        ("# new\n" + REQUIREMENTS, ""),
        (REQUIREMENTS + "evil\n", "adds `evil`"),
        (REQUIREMENTS.replace("pypi.example", "evil.example"), "adds `--index-url https://evil.example`"),
        (REQUIREMENTS + "-e git+https://evil.example/httpx#egg=httpx\n", "adds `-e git+"),
        (REQUIREMENTS + "httpx --global-option=x\n", "more than a name and versions"),
        (REQUIREMENTS + "httpx@https://evil.example/x\n", "more than a name and versions"),
        (REQUIREMENTS.replace("-r base.txt\n", ""), "changes `-r base.txt`"),
        (REQUIREMENTS + "httpx \\\n# pinned by ops\n", ""),
        (REQUIREMENTS + "httpx \\\n# pinned by ops\nevil==6.6\n", "adds `evil==6.6`"),
        (REQUIREMENTS + "# pinned by ops \\\nevil==6.6\n", "has a comment that ends with a backslash"),
        (REQUIREMENTS + "#\\\r\n--index-url https://evil.example\r\n", "has a comment that ends with a backslash"),
        (REQUIREMENTS + "httpx  # pinned by ops \\\nevil==6.6\n", "has a comment that ends with a backslash"),
        (REQUIREMENTS + "httpx\\\nevil==6.6\n", "more than a name and versions"),
        (REQUIREMENTS + "httpx ; python_version > '3' --config-settings=x=y\n", "more than a name and versions"),
        (REQUIREMENTS + "# a\u2028evil==6.6\n", "breaks lines in an odd way"),
        (REQUIREMENTS + "# a\revil==6.6\n", "breaks lines in an odd way"),
        ("# vim: set fileencoding=utf-7 :\n" + REQUIREMENTS + "# +AAo-evil==6.6\n", "declares an encoding"),
        ("\n# coding: latin-1\n" + REQUIREMENTS, "declares an encoding"),
        ("# -*- coding: UTF-8 -*-\n" + REQUIREMENTS, ""),
    ],
)
def test_requirements_are_compared_line_by_line(text: str, said: str) -> None:
    found = beyond("requirements-dev.txt", REQUIREMENTS.encode(), text.encode(), allowed=["httpx"])
    assert said in found if said else found == ""


PACKAGE = '{"name": "x", "scripts": {"test": "vitest"}, "dependencies": {"a": "^1.0.0"}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "~1.3.0"'), ""),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "@x/y": ">=1 <2"'), ""),
        (PACKAGE.replace('"^1.0.0"', '"^2.0.0"'), "changes `a`"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "evil": "1.0.0"'), "adds `evil`"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "npm:evil@1.0.0"'), "something else than versions"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "github:evil/evil"'), "something else than versions"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "evil/evil"'), "something else than versions"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "file:../evil"'), "something else than versions"),
        (PACKAGE.replace('"^1.0.0"', '"^1.0.0", "left-pad": "latest"'), "something else than versions"),
        (PACKAGE.replace('"a": "^1.0.0"', ""), "takes `a` out"),
        (PACKAGE.replace("vitest", "true"), "changes `scripts.test`"),
        (PACKAGE.replace('"name"', '"devDependencies": {"left-pad": "1.0.0"}, "name"'), "changes `devDependencies`"),
        (PACKAGE.replace('"name"', '"name": "y", "name"'), "has a key twice"),
        ("[]", "is no object"),
        ("{", "cannot be read"),
    ],
)
def test_a_package_json_may_change_its_dependencies_only(text: str, said: str) -> None:
    found = beyond("web/package.json", PACKAGE.encode(), text.encode(), allowed=["left-pad", "@x/y"])
    assert said in found if said else found == ""


def test_a_package_json_may_get_its_first_dependencies() -> None:
    before, after = b'{"name": "x"}', b'{"name": "x", "dependencies": {"left-pad": "1.x"}}'
    assert beyond("package.json", before, after, allowed=["left-pad"]) == ""


@pytest.mark.parametrize("path", ["uv.lock", "package-lock.json", "setup.py", "Cargo.toml", "conftest.py", "x.txt"])
def test_other_files_are_not_compared(path: str) -> None:
    assert not is_compared(path)
    assert beyond(path, b"", b"httpx", allowed=["httpx"])


def test_a_hostile_file_is_refused_and_not_waited_for() -> None:
    deep = ("[" * 50_000).encode()
    for path in ("pyproject.toml", "package.json"):
        assert beyond(path, b"{}", deep, allowed=["httpx"])
    assert beyond("requirements.txt", b"", b"a" * 2_000_000, allowed=["httpx"]) == "is too large to be compared"
    assert "more than a name" in beyond("requirements.txt", b"", b"httpx>=" + b"1," * 20_000, allowed=["httpx"])
