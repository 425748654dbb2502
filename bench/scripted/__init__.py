"""Scripted models: answers and faults by rule, as a real HTTP server and as a Model port in process."""

from .model import ScriptedModel
from .script import Answer, Asked, Fault, Rules, Script, ScriptCall
from .server import Counts, ScriptedServer, serve

__all__ = [
    "Answer",
    "Asked",
    "Counts",
    "Fault",
    "Rules",
    "Script",
    "ScriptCall",
    "ScriptedModel",
    "ScriptedServer",
    "serve",
]
