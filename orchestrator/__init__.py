"""Whatever decides without a model: graphs, scheduler, merge queue, gate, sandbox, git, store."""
