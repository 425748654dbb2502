"""What several suites need: a target repository, a script for its tasks, processes and what they cost."""
