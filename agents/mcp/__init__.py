"""Tools from MCP servers, for workers. The only room that knows the SDK; it imports it when a server is asked."""
