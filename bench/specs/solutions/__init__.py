"""Ten exercises solved twice, right and in a way that is wrong and plausible; files that are judged, never imported."""
