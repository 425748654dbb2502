"""What a worker may do: each tool is one small module, run inside the workspace."""
