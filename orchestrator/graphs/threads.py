"""Taking a LangGraph thread further, whatever state it was left in: new, half done, interrupted, or finished.

What experiments showed and this module holds to: an empty ``next`` does not mean finished while there are ``tasks``;
interrupt ids are read from the snapshot, never kept; resuming is only a wake-up, the answer is in the tables.
"""

from typing import TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from ..state import RunGraphState, TaskState

S = TypeVar("S", TaskState, RunGraphState)


async def take_further(graph: CompiledStateGraph[S, None, S, S], thread: str, *, first: S, steps: int) -> str | None:
    """Run a thread to its end or its next interrupt.

    Args:
        graph: the compiled graph, with its saver.
        thread: the thread id.
        first: the input of a thread that does not exist yet.
        steps: how many steps it may take before it counts as running in circles.

    Returns:
        The key of the question it waits for, or None at its end.
    """
    config: RunnableConfig = {"configurable": {"thread_id": thread}, "recursion_limit": steps}
    before = await graph.aget_state(config)
    if before.created_at is None:
        await graph.ainvoke(first, config, durability="sync")
    elif before.interrupts:
        wake_up: Command[str] = Command(resume={each.id: True for each in before.interrupts})
        await graph.ainvoke(wake_up, config, durability="sync")
    else:
        await graph.ainvoke(None, config, durability="sync")
    after = await graph.aget_state(config)
    return str(after.interrupts[0].value["question"]) if after.interrupts else None


async def forget(graph: CompiledStateGraph[S, None, S, S], thread: str) -> None:
    """Delete the checkpoints of a thread that is over; its facts are in the tables."""
    if isinstance(graph.checkpointer, BaseCheckpointSaver):
        await graph.checkpointer.adelete_thread(thread)


async def tree_in(saver: "BaseCheckpointSaver[str]", thread: str) -> str:
    """As `last_tree`, where no graph is compiled; whoever asks holds the run's lock."""
    kept = await saver.aget_tuple({"configurable": {"thread_id": thread}})
    return str(kept.checkpoint["channel_values"].get("tree", "")) if kept is not None else ""


async def last_tree(graph: CompiledStateGraph[TaskState, None, TaskState, TaskState], thread: str) -> str:
    """The tree that the last finished step of an attempt's thread left; empty where it took none."""
    state = await graph.aget_state({"configurable": {"thread_id": thread}})
    return str(state.values.get("tree", ""))
