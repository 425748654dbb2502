"""Whatever talks to a model: tiers, call journal, planner, worker, tools, prompts."""
