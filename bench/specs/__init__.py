"""The suite ``specs``: the spec language on what other people wrote, and on specs that are made here."""

from .suite import run

__all__ = ["run"]
