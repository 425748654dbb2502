"""Engineering advice for prompts: markdown with front matter, and its loader."""
