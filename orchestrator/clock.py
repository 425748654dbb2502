"""The system's clock. The only module that reads the time for the orchestrator."""

import time


class SystemClock:
    """Real time, behind ports.Clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let other tasks of this event loop run for at least ``seconds``."""
        import asyncio  # noqa: PLC0415 - commands that only read the store have no loop and should not pay for one

        await asyncio.sleep(seconds)
