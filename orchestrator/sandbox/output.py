"""What is kept of a command's output: its beginning and its end. Pure bytes, no process."""


class Kept:
    """Takes output as it comes and keeps at most ``limit`` bytes: the first half and the last half."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0
        """Bytes seen."""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        """What was kept; bytes that are not UTF-8 are replaced, and a cut is said."""
        tail = bytes(self._tail[-self._half :])
        cut = self.total - len(self._head) - len(tail)
        middle = f"\n[... {cut} bytes left out ...]\n".encode() if cut else b""
        return (bytes(self._head) + middle + tail).decode("utf-8", "replace")
