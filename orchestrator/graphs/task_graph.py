"""One attempt at a task as a LangGraph thread: pack, work <-> act, collect, gate, race, review, land; ask, escalate.

What the nodes do is in attempt_steps; here is only how they follow one another, and the interrupt.
"""

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from ..attempt_steps import AttemptSteps
from ..state import TaskState, TaskUpdate

TaskGraph = CompiledStateGraph[TaskState, None, TaskState, TaskState]


def task_graph(steps: AttemptSteps, saver: "BaseCheckpointSaver[str]") -> TaskGraph:
    """Compile the graph of an attempt once; each attempt runs it as a thread of its own."""

    async def ask(state: TaskState) -> TaskUpdate:
        while not steps.answered(state["question"]):
            interrupt({"question": state["question"]})
        return {"route": "hear"}

    nodes = {
        "pack": steps.pack,
        "work": steps.work,
        "act": steps.act,
        "consult": steps.consult,
        "ask": ask,
        "hear": steps.hear,
        "collect": steps.collect,
        "gate": steps.gate,
        "race": steps.race,
        "review": steps.review,
        "land": steps.land,
        "escalate": steps.escalate,
    }
    graph = StateGraph(TaskState)
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_conditional_edges(name, _route, [*nodes, END])
    graph.add_edge(START, "pack")
    return graph.compile(checkpointer=saver)


async def _route(state: TaskState) -> str:
    return END if state["route"] == "end" else state["route"]
