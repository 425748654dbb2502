"""The dashboard in a browser: a guarded server on loopback, and one process of `agentctl tui` for each viewer."""
