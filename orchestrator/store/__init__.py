"""The run folder: one SQLite file of events and their projections, and blobs by sha-256."""
