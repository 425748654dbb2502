"""What ended and killed processes left: found, taken away, and put right. Never anything of a run that lives."""
