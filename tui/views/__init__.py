"""The screens as pure functions: from a look at a run, and what a person chose to see of it, to lines."""
