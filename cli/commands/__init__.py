"""One module a command: `arguments` declares what it takes, `main` does it; heavy imports stay inside `main`."""
