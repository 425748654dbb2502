"""Models behind one port: litellm, the desk, recordings; error classes, retries, budget."""
