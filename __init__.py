"""agentctl: a crisp markdown spec in, tested and merged commits out."""

__version__ = "0.1.0"
