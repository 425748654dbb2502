"""Inside a sandbox: starts services, runs one command once all of them can be used, and tells the host what came of it.

Run as ``python -I -S serving.py SETTINGS COMMAND...``, where SETTINGS is a JSON object (made by served.py); never
imported; standard library only. What is told goes to a descriptor, a JSON object to a line. It ends as the command
ends, and the sandbox with it: whatever still runs is killed by the kernel.
"""
# ruff: noqa: PTH103, PTH109, PTH123, PTH208 - importing pathlib would be a third of the time this takes

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

_KEPT = 4096
"""Bytes of a service's output that are kept: its last ones."""
_PAUSE = 0.02
_NOT_FOUND = 127
_AS_USUAL = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores, and its children would with it."""
_OUTPUT = (1, 2)


class Failed(Exception):
    """A service cannot be used, or not any more; ``code`` is that of its end, 127 where its program is not there."""

    def __init__(self, service: "Service", why: str, *, code: int | None = None) -> None:
        super().__init__(why)
        self.service = service
        self.code = code


class Service:
    """One service: its process, and the end of what it says."""

    def __init__(self, told: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.name = told["name"]
        self._told = told
        self._env = env
        self._said = b""
        self._probed = b""
        self._pid = 0
        self._listening: threading.Thread | None = None

    def start(self) -> None:
        """Start it in its own folder; raises Failed."""
        os.makedirs(self._told["folder"])
        os.chdir(self._told["folder"])
        read_end, write_end = os.pipe()
        try:
            self._pid = _spawn(self._told["command"], self._env, output=write_end)
        except OSError as error:
            why = f"could not be started: {self._told['command'][0]}: {error.strerror}"
            raise Failed(self, why, code=_NOT_FOUND) from error
        finally:
            os.close(write_end)
        self._listening = threading.Thread(target=self._listen, args=(read_end,), daemon=True)
        self._listening.start()

    def await_ready(self, others: Sequence["Service"]) -> None:
        """Return once it can be used; raises Failed, also for one of the others that ended meanwhile."""
        deadline = time.monotonic() + self._told["seconds"]
        while not self._answers(deadline):
            for each in (self, *others):
                each.check()
            if time.monotonic() > deadline:
                raise Failed(self, f"could not be used within {self._told['seconds']:g} s: {self._lacking()}")
            time.sleep(_PAUSE)
        self.check()

    def check(self) -> None:
        """Raise Failed if it has ended by itself."""
        ended, status = os.waitpid(self._pid, os.WNOHANG)
        if ended:
            self.ended(status)

    def ended(self, status: int) -> NoReturn:
        """Raise Failed for its end."""
        code = os.waitstatus_to_exitcode(status)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = "" if code else "; it has to stay in the foreground"
        raise Failed(self, how + hint, code=code)

    def is_process(self, pid: int) -> bool:
        """Whether that is its process."""
        return pid == self._pid

    def last_words(self) -> str:
        """The end of what it said, and of what its probe said."""
        if self._listening is not None:
            self._listening.join(0.2)
        return (self._said + self._probed).decode("utf-8", "replace")

    def _listen(self, read_end: int) -> None:
        while chunk := os.read(read_end, 1 << 16):
            self._said = (self._said + chunk)[-_KEPT:]

    def _answers(self, deadline: float) -> bool:
        if self._told["ready"]:
            return self._probe(deadline)
        try:
            socket.create_connection(("127.0.0.1", self._told["port"]), timeout=1).close()
        except OSError:
            return False
        return True

    def _probe(self, deadline: float) -> bool:
        os.chdir(self._told["folder"])
        with open(f"{self._told['folder']}.probe", "w+b") as log:
            try:
                pid = _spawn(self._told["ready"], self._env, output=log.fileno())
            except OSError as error:
                why = f"has a probe that cannot be started: {self._told['ready'][0]}: {error.strerror}"
                raise Failed(self, why, code=_NOT_FOUND) from error
            good = _ends_well(pid, deadline)
            log.seek(0)
            self._probed = log.read()[-_KEPT:] or self._probed  # one that was killed had no time to say anything
        return good

    def _lacking(self) -> str:
        if self._told["ready"]:
            return "its probe does not end with 0"
        return f"nothing takes connections at 127.0.0.1:{self._told['port']}"


def _spawn(argv: Sequence[str], env: Mapping[str, str], *, output: int | None = None) -> int:
    actions = [] if output is None else [(os.POSIX_SPAWN_DUP2, output, number) for number in _OUTPUT]
    return os.posix_spawnp(argv[0], list(argv), env, file_actions=actions, setpgroup=0, setsigdef=_AS_USUAL)


def _ends_well(pid: int, deadline: float) -> bool:
    """Whether a child ends with 0; one that has not ended by the deadline is killed."""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        time.sleep(_PAUSE)


def keep_from_services() -> None:
    """Leave no descriptor but the usual three to what is started: those of the command are none of a service's."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in (0, *_OUTPUT):
            with contextlib.suppress(OSError):  # the one that listed them
                os.set_inheritable(number, False)


def start_command(argv: Sequence[str], descriptors: Sequence[int]) -> int:
    """Start the command with its descriptors, and hold them no longer."""
    for number in descriptors:
        os.set_inheritable(number, True)
    child = _spawn(argv, os.environ)
    for number in descriptors:
        os.close(number)
    return child


def await_end(child: int, services: Sequence[Service]) -> int:
    """The command's exit code; raises Failed if a service ended before it."""
    ended, status = os.waitpid(-1, 0)
    while ended != child:
        for each in services:
            if each.is_process(ended):
                each.ended(status)
        ended, status = os.waitpid(-1, 0)
    for each in services:
        each.check()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def main() -> int:
    """Start everything in its order, and answer with the exit code of the command."""
    settings, argv, here = json.loads(sys.argv[1]), sys.argv[2:], os.getcwd()
    keep_from_services()

    def tell(**told: object) -> None:
        os.write(settings["report"], json.dumps(told).encode() + b"\n")

    def late(*_: object) -> None:
        tell(late=True)
        os._exit(124)

    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # that of the tree
    env.setdefault("PYTHONUNBUFFERED", "1")  # so that what a service of Python printed is there to be told
    services: list[Service] = []
    try:
        for each in settings["services"]:
            service = Service(each, env)
            service.start()
            service.await_ready(services)
            services.append(service)
        tell(ready=True)
        os.chdir(here)
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, settings["seconds"])
        return await_end(start_command(argv, settings["inherit"]), services)
    except Failed as failed:
        tell(failed=failed.service.name, why=str(failed), code=failed.code, output=failed.service.last_words())
        return 1
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        return _NOT_FOUND


if __name__ == "__main__":
    os._exit(main())
