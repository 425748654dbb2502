"""Isolated folders for attempts, and the host's own careful hands in them."""
