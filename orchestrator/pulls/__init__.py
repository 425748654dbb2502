"""Brings a run's slices to a forge as pull requests, and keeps them right whatever becomes of them there.

`looking` asks the forge and git how things are, `rules.stacking_pulls` says what is to be done, and `bringing` does it.
"""
