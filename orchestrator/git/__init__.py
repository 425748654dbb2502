"""The one hardened door to git; nothing else runs it."""
