"""Judges exact trees by their tests, in fresh checkouts inside the sandbox."""
