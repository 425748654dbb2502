"""GitHub, through githubkit. The only room that imports it."""
