"""The target's environment: built once per hash of its manifests, from a trusted tree, then mounted read-only.

It is a Python virtual environment at a fixed path that begins with nothing but pytest, which is what a target without
manifests gets; setup commands, given or found by looking, add to it. Editable installs point to /workspace and so
resolve to whichever tree is mounted there. agentctl's own packages are never in it.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import SettingsError
from .gate.checkout import files_of, remove, write
from .ports import Git
from .rules import services
from .rules.manifests import is_manifest, languages, package_commands, setup_commands
from .rules.normalise import clean, shorten
from .sandbox import proxy, venv, view
from .sandbox.port import TMP, WORKSPACE, CommandLimits, Mount, Sandbox

PLACE = "/environment"
"""Where it appears in a sandbox that has a file view of its own."""
SETUP_VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX", "NPM_CONFIG_REGISTRY"),
    *("GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "CARGO_HTTP_PROXY", "CARGO_HTTP_CAINFO"),
)
"""Variables of the host that say how packages are reached: what a caller may hand to `prepare`."""

_LAYOUT = "1"
"""Raised when equal manifests are to be built anew."""
_UV = "/agentctl/uv"
_EGRESS = "/agentctl/egress"
_FORWARDER = "/agentctl/forwarder.py"
_BUILT = "/tmp/built"  # noqa: S108 - inside the sandbox, where /tmp is fresh for each command
_NOT_IN_SETUP = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "GOPROXY", "CARGO_NET_OFFLINE")
"""Or a folder of the tree could answer for pip, bytecode be kept away, and nothing be fetched."""
_SETUP_LIMITS = CommandLimits(
    seconds=1800, cpu_seconds=3600, memory=4 << 30, processes=1024, file_bytes=4 << 30, disk_bytes=8 << 30
)
_PIP = "python -c 'import pip' 2>/dev/null || python -m ensurepip >/dev/null 2>&1 || uv pip install -q pip || true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a target's commands run with; ``key`` differs whenever it could make a difference to them."""

    key: str
    mounts: tuple[Mount, ...]
    variables: Mapping[str, str]
    python: str


async def prepare(  # noqa: PLR0913 - what an environment depends on
    git: Git,
    tree: str,
    *,
    sandbox: Sandbox,
    cache: Path,
    setup: str | None = None,
    packages: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    egress: Sequence[str] | None = None,
    dial: proxy.Dial | None = None,
) -> Environment:
    """The environment of a trusted tree, built if ``cache`` does not hold it yet.

    ``cache`` is an absolute path; ``setup`` is the repository's own command, None to look for one; ``packages`` are
    what a person named beside the manifests; ``variables`` are for these commands alone. ``egress`` are the hosts they
    may reach, None for the whole network; ``dial`` reaches them. Processes that want the same environment wait for the
    one that builds it.

    Raises:
        SettingsError: the setup failed, or left no pytest behind; says what to change.
    """
    entries = await git.entries(tree)
    names = sorted(filter(is_manifest, entries))
    contents = await git.read_many([entries[name].id for name in names])
    manifests = {name: contents[entries[name].id] for name in names}
    commands = setup_commands(manifests, uv=bool(shutil.which("uv"))) if setup is None else (setup,)
    commands = (*commands, *package_commands(packages, manifests))
    programs = languages(manifests)
    key = _key(sandbox, commands, manifests if commands else {}, programs=programs)
    folder = cache / key
    async with _alone(folder.with_suffix(".lock")):
        # A marker, and not a rename: without a file view of its own a sandbox shows the folder under its real name,
        # which setup commands write into scripts.
        if not (folder / "ready").exists():
            remove(folder)
            await asyncio.to_thread(venv.begin, folder, _place(sandbox, folder))
            environment = _environment(sandbox, folder, key=key, src=True)
            if commands:
                async with _outside(sandbox, folder, egress, dial) as way:
                    site = _Site(sandbox=sandbox, extra=variables or {}, way=way)
                    await _set_up(git, tree, environment, site=site, commands=commands)
            (folder / "ready").touch()
    return _environment(sandbox, folder, key=key, src="src/__init__.py" not in entries)


def with_variables(environment: Environment, variables: Mapping[str, str], *, sandbox: Sandbox) -> Environment:
    """The environment with variables of the settings, under a key of its own.

    Raises SettingsError for a ``{tmp}`` where each command has a folder for that of another name.
    """
    if not variables:
        return environment
    if not sandbox.relocates and (unknown := [name for name, text in variables.items() if services.TMP in text]):
        raise SettingsError(
            f"the sandbox {sandbox.name} cannot tell {unknown[0]} under [workspace.env] in agentctl.toml where {{tmp}} "
            "is, for it has no /tmp of its own: install bubblewrap, or use TMPDIR, which every command has"
        )
    told = {name: services.filled(text, ports={}, tmp=TMP) for name, text in variables.items()}
    said = json.dumps([environment.key, told], sort_keys=True)
    key = hashlib.sha256(said.encode()).hexdigest()[:24]
    return replace(environment, key=key, variables={**environment.variables, **told})


def _key(
    sandbox: Sandbox, commands: Sequence[str], manifests: Mapping[str, bytes], *, programs: Collection[str]
) -> str:
    place = "" if sandbox.relocates else sandbox.name
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in manifests.items()}
    versions = [view.version_of(program) for program in sorted(programs)]
    said = json.dumps([_LAYOUT, venv.fingerprint(), place, list(commands), hashes, *versions], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _place(sandbox: Sandbox, folder: Path) -> str:
    return PLACE if sandbox.relocates else str(folder)


def _environment(sandbox: Sandbox, folder: Path, *, key: str, src: bool) -> Environment:
    """``src`` puts a folder of that name on the import path; not where it is a package itself."""
    place = _place(sandbox, folder)
    mounts = [Mount(source=folder, target=place)]
    modules = folder / "node_modules"
    binaries = [f"{place}/bin"]
    variables = {
        "VIRTUAL_ENV": place,
        "PYTHONPATH": ":".join([f"{WORKSPACE}/src", WORKSPACE] if src else [WORKSPACE]),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "LANG": "C.UTF-8",
        "CI": "true",  # pytest then shows a whole comparison, and other tools ask nobody anything
        **_offline(sandbox, place),
    }
    if modules.is_dir():
        # Node looks for packages in the folders above a file: at the root they serve every tree.
        where = "/node_modules" if sandbox.relocates else str(modules)
        mounts.append(Mount(source=modules, target=where))
        binaries.append(f"{where}/.bin")
        variables["NODE_PATH"] = where
    variables["PATH"] = ":".join([*binaries, *view.path()])
    return Environment(key=key, mounts=tuple(mounts), variables=variables, python=f"{place}/bin/python")


def _offline(sandbox: Sandbox, place: str) -> dict[str, str]:
    """Go and Rust with what was fetched, and nothing else; what they build goes where each command finds it empty.

    That is HOME for Go. cgo is off: it would ask for a compiler of C for the tests of `net` and `os/user` alone.
    """
    return {
        "GOMODCACHE": f"{place}/go",
        "GOPROXY": "off",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
        "CARGO_HOME": f"{place}/cargo",
        "CARGO_NET_OFFLINE": "true",
        "CARGO_INCREMENTAL": "0",
        **({"CARGO_TARGET_DIR": _BUILT} if sandbox.relocates else {}),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """The only way out, where there is a list of hosts."""

    folder: Path
    proxy: proxy.Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where setup commands run, with what, and how they reach the outside."""

    sandbox: Sandbox
    extra: Mapping[str, str]
    way: _Way | None


@asynccontextmanager
async def _outside(
    sandbox: Sandbox, folder: Path, egress: Sequence[str] | None, dial: proxy.Dial | None
) -> AsyncIterator[_Way | None]:
    """A proxy for these hosts, whose log stands beside the environment; None where there is no list."""
    if egress is None:
        yield None
        return
    if not sandbox.relocates:
        raise SettingsError(
            f"the sandbox {sandbox.name} cannot hold allow under [egress] in agentctl.toml, for it has no network of "
            "its own: install bubblewrap, or take the list out and let the setup use the whole network"
        )
    async with AsyncExitStack() as used:
        place = Path(used.enter_context(tempfile.TemporaryDirectory(prefix="agentctl-")))
        log = folder.with_suffix(".egress.jsonl")
        yield _Way(folder=place, proxy=await used.enter_async_context(proxy.served(place, egress, log=log, dial=dial)))


async def _set_up(git: Git, tree: str, environment: Environment, *, site: _Site, commands: Sequence[str]) -> None:
    folder = environment.mounts[0].source
    checkout = folder.with_suffix(".tree")
    remove(checkout)
    checkout.mkdir()
    try:
        await asyncio.to_thread(write, await files_of(git, tree), checkout)
        for command in (_PIP, *commands):
            await _install(command, environment, checkout, site=site)
        if (checkout / "node_modules").is_dir():
            (checkout / "node_modules").rename(folder / "node_modules")
        await _has_pytest(environment, checkout, sandbox=site.sandbox)
    finally:
        await asyncio.to_thread(remove, checkout)


async def _install(command: str, environment: Environment, checkout: Path, *, site: _Site) -> None:
    (home, *_) = environment.mounts
    mounts = [Mount(source=home.source, target=home.target, writable=True)]
    argv = ["/bin/sh", "-c", command]
    if site.way is not None:
        mounts += [Mount(source=site.way.folder, target=_EGRESS), Mount(source=proxy.FORWARDER, target=_FORWARDER)]
        argv = [environment.python, "-I", "-S", _FORWARDER, f"{_EGRESS}/{proxy.SOCKET}", *argv]
    path = environment.variables["PATH"]
    uv = shutil.which("uv")
    if uv:
        source = _real(uv)
        target = f"{_UV}/uv" if site.sandbox.relocates else str(source)
        mounts.append(Mount(source=source, target=target))
        path = f"{path}:{os.path.dirname(target)}"  # noqa: PTH120 - a path inside the sandbox
    own = {
        "PATH": path,
        "UV_PROJECT_ENVIRONMENT": home.target,
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "copy",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    kept = {k: v for k, v in environment.variables.items() if k not in _NOT_IN_SETUP}
    done = await site.sandbox.run(
        argv,
        root=checkout,
        writable=True,
        limits=_SETUP_LIMITS,
        env={**kept, **site.extra, **own},
        mounts=mounts,
        network=site.way is None,
    )
    if done.exit != 0:
        refused = site.way.proxy.traffic.refused if site.way else []
        ending = f"stopped by its limit of {done.stopped}" if done.stopped else f"exit code {done.exit}"
        raise SettingsError(
            f"the environment could not be set up: `{command}` failed ({ending}).\n"
            f"{shorten(clean(done.output).strip(), 2000)}\n"
            f"{_told(refused)}"
            "Mend it, or set your own command as setup under [workspace] in agentctl.toml."
        )


def _told(refused: Sequence[str]) -> str:
    return "".join(f"Not let through: {clean(reason)}\n" for reason in refused[:10])


def _real(path: str) -> Path:
    return Path(path).resolve()


async def _has_pytest(environment: Environment, checkout: Path, *, sandbox: Sandbox) -> None:
    kept = {k: v for k, v in environment.variables.items() if k != "PYTHONPATH"}
    done = await sandbox.run(
        [environment.python, "-c", "import os; os.chdir('/'); import pytest"],
        root=checkout,
        writable=False,
        limits=CommandLimits(seconds=60),
        env=kept,
        mounts=environment.mounts,
    )
    if done.exit != 0:
        raise SettingsError(
            "the environment of this project has no working pytest, which the gate needs: add pytest to its "
            "development dependencies, or let setup under [workspace] in agentctl.toml end with "
            "`&& uv pip install pytest`.\n" + shorten(clean(done.output).strip(), 1000)
        )


@asynccontextmanager
async def _alone(lock: Path) -> AsyncIterator[None]:
    """Hold a lock file against other processes and tasks; released by the kernel when the holder dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("wb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.1)
        yield
