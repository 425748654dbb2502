"""Inside a sandbox: listens on its loopback, hands each connection to a Unix socket, and runs one command meanwhile.

Run as ``python -I -S forwarder.py SOCKET COMMAND...``, never imported; standard library only. It has no more rights
than the command it starts, and decides nothing: whatever speaks with the socket directly meets the same proxy.
"""

import os
import selectors
import socket
import sys
import threading

_CHUNK = 1 << 16
_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "CARGO_HTTP_PROXY")


def forward(inside: socket.socket, place: str) -> None:
    """Bytes both ways, until both have ended."""
    with inside, socket.socket(socket.AF_UNIX) as outside, selectors.DefaultSelector() as ready:
        outside.connect(place)
        ready.register(inside, selectors.EVENT_READ, (inside, outside))
        ready.register(outside, selectors.EVENT_READ, (outside, inside))
        while ready.get_map():
            for key, _ in ready.select():
                source, sink = key.data
                chunk = source.recv(_CHUNK)
                if chunk:
                    sink.sendall(chunk)
                else:
                    ready.unregister(source)
                    sink.shutdown(socket.SHUT_WR)


def serve(listening: socket.socket, place: str) -> None:
    """A thread for each connection."""
    while True:
        one, _ = listening.accept()
        threading.Thread(target=_forwarded, args=(one, place), daemon=True).start()


def _forwarded(one: socket.socket, place: str) -> None:
    try:
        forward(one, place)
    except OSError:
        return


def main() -> int:
    """Listen, start the command with the variables that lead here, and end as it ends."""
    place, *argv = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    os.set_inheritable(listening.fileno(), False)
    env = {**os.environ, **dict.fromkeys(_VARIABLES, address), "NO_PROXY": "", "no_proxy": ""}
    child = os.posix_spawnp(argv[0], argv, env)
    threading.Thread(target=serve, args=(listening, place), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.stdout.flush()
    os._exit(main())
