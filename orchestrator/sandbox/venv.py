"""Makes a Python virtual environment that holds pytest and nothing else of ours. Runs nothing and needs no network.

pytest and what it requires are copied from the environment agentctl runs in. With the dozen plug-ins and hundred
packages that live there, one session of one test took 3.2 s of CPU time; with these copies it takes 0.07 s.
"""

import compileall
import importlib.metadata
import marshal
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_RARE = re.compile(r"/pygments/(?:lexers|styles|formatters|filters)/(?!__init__|_mapping|python|diff|terminal)")
"""Modules that pytest does not import; compiling all of Pygments takes seconds."""
_HEADER = 16
"""Bytes of a file of bytecode before the code (PEP 552)."""
_SCRIPT = """#!{place}/bin/python
import sys
from pytest import console_main
sys.exit(console_main())
"""


def begin(folder: Path, place: str) -> None:
    """Make the environment in ``folder``; commands will see it at ``place``."""
    python = Path(sys.executable).resolve()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / f"python{version}" / "site-packages"
    (folder / "bin").mkdir(parents=True)
    packages.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    for name in ("python", "python3", f"python{version}"):
        (folder / "bin" / name).symlink_to(python)
    for script in ("pytest", "py.test"):
        (folder / "bin" / script).write_text(_SCRIPT.format(place=place))
        (folder / "bin" / script).chmod(0o755)
    for distribution in _with_requirements("pytest"):
        _copy(distribution, packages)
    compileall.compile_dir(packages, quiet=2, rx=_RARE)
    _drop_cut_off(packages)


def _drop_cut_off(packages: Path) -> None:
    """Take bytecode away that is not whole, which no import survives: on a full disk Python writes a part, and goes on.

    It is made again where it is needed (CPython's `importlib`, until 3.14, takes no notice of a short write).
    """
    for file in packages.rglob("*.pyc"):
        try:
            marshal.loads(file.read_bytes()[_HEADER:])  # noqa: S302 - we have just made it
        except (EOFError, ValueError, TypeError):
            file.unlink()


def fingerprint() -> str:
    """What `begin` depends on, beside its arguments."""
    found = [f"{d.name}=={d.version}" for d in _with_requirements("pytest")]
    return " ".join([sys.version, str(Path(sys.executable).resolve()), *found])


def _with_requirements(name: str) -> Iterator[importlib.metadata.Distribution]:
    """A distribution and, of all it requires, what is installed here: what is not is for other systems or extras."""
    waiting, seen = [name], set[str]()
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        try:
            distribution = importlib.metadata.distribution(one)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield distribution
        needed = [need for need in distribution.requires or () if "extra ==" not in need]
        waiting += [match[0] for need in needed if (match := re.match(r"[\w.-]+", need))]


def _copy(distribution: importlib.metadata.Distribution, packages: Path) -> None:
    for file in distribution.files or ():
        if ".." in file.parts or file.suffix == ".pyc":
            continue
        source, target = Path(str(file.locate())), packages / file
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
