"""Runs tests of other languages inside the target's environment: standard library only, Python 3.8 or later."""
