"""The spec language: parse, lint, compile checks; pure. Imports nothing of the other rooms."""
