"""Where commands written by a model run, and nowhere else."""
