"""Plays a viewer's process: says what it was started with, repeats what is typed, ends when it is told to."""

import json
import os
import sys


def packet(kind: bytes, payload: bytes) -> None:
    os.write(1, kind + len(payload).to_bytes(4, "big") + payload)


def read(size: int) -> bytes:
    data = b""
    while len(data) < size and (more := os.read(0, size - len(data))):
        data += more
    return data


os.write(1, b"__GANGLION__\n")
packet(b"D", f"{sys.argv[1]} {os.environ['COLUMNS']}x{os.environ['ROWS']} {os.getpid()}".encode())
while header := read(5):
    payload = read(int.from_bytes(header[1:], "big"))
    said = json.loads(payload) if header[:1] == b"M" else {}
    if said.get("type") == "quit" and sys.argv[1] != "stubborn":
        break
    if header[:1] == b"D" and payload == b"q":
        packet(b"M", b'{"type": "exit"}')
        break
    if payload == b"file":
        packet(b"M", b'{"type": "deliver_file_start", "key": "k", "path": "/etc/passwd", "open_method": "browser"}')
        packet(b"M", b'{"type": "open_url", "url": "http://evil.example", "new_tab": true}')
    if payload == b"fall":
        sys.exit("Error: \x1b[31mit fell\x1b[0m")
    packet(b"D", b"> " + payload)
