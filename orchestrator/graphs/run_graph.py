"""A run as a LangGraph thread: intake, clarify, plan <-> check_plan, ask, contract <-> build, verify, deliver; amend.

What the nodes do is in run_steps; here is only how they follow one another, and the interrupt. A plan waits for a
person in ``ask`` like any other question.
"""

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from ..run_steps import RunSteps
from ..state import RunGraphState, RunUpdate

RunGraph = CompiledStateGraph[RunGraphState, None, RunGraphState, RunGraphState]


def run_graph(steps: RunSteps, saver: "BaseCheckpointSaver[str]") -> RunGraph:
    """Compile the graph of a run."""

    async def ask(state: RunGraphState) -> RunUpdate:
        while not steps.answered(state["question"]):
            interrupt({"question": state["question"]})
        return {"route": "hear"}

    graph = StateGraph(RunGraphState)
    nodes = {
        "intake": steps.intake,
        "clarify": steps.clarify,
        "plan": steps.plan,
        "check_plan": steps.check_plan,
        "ask": ask,
        "hear": steps.hear,
        "amend": steps.amend,
        "contract": steps.contract,
        "build": steps.build,
        "verify": steps.verify,
        "deliver": steps.deliver,
    }
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_conditional_edges(name, _route, [*nodes, END])
    graph.add_edge(START, "intake")
    return graph.compile(checkpointer=saver)


async def _route(state: RunGraphState) -> str:
    return END if state["route"] == "end" else state["route"]
