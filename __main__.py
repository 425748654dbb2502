"""``python -m agentctl`` is the command ``agentctl``."""

from .cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
