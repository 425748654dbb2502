"""Where pull requests live: the port that all of agentctl speaks to, and an adapter for each forge."""
