"""The LangGraph state machines, the scheduler, and the driver; the only rooms that import langgraph."""
