"""First drafts of specs from one sentence and what a repository shows; no model. Pure."""

from .draft import Place, sketch, subject_of

__all__ = ["Place", "sketch", "subject_of"]
