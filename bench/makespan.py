"""The suite ``makespan``: how near the build of a random DAG comes to the least time it could take.

Everything is real but the answers: the command line, litellm over HTTP to a scripted server in another process,
workspaces, the sandboxed gate, landings. Time counts from the moment building starts, when planning has long loaded
litellm, to the moment the run is done.

The ideal is the largest of three: the longest path through the DAG, where a task lasts as long as its model calls and
one judgement by the gate, as it was measured; the CPU time of all gate runs over the cores; the time of all model calls
over the workers.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from ..orchestrator.nouns.events import Event, Judged, RunMoved
from ..orchestrator.rules.critical_path import critical_path, remaining
from .parts import own_runs, target
from .parts.assignment import CALLS, LATENCIES, Assignment, assignment, with_question
from .parts.folder import Sizes, folder_sizes
from .parts.processes import scripted_server
from .report import Bar, Report, cores

WORKERS = (16, 50)
RATIO = 1.15
QUESTION = 0.05
ANSWERED_AFTER = 1.0
CHECKPOINT_KB = 8.0
FOLDER_MB = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A random DAG: each task needs each of the eight before it with a chance of ``density``."""

    name: str
    seed: int
    tasks: int
    density: float


WIDE = Graph(name="wide", seed=2, tasks=50, density=0.05)
"""Four tasks long: at 16 workers there is nearly as much work as there is path."""
DEEP = Graph(name="deep", seed=1, tasks=50, density=0.1)
"""Eight tasks long."""
SMALL = Graph(name="small", seed=2, tasks=14, density=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One build. Seconds."""

    workers: int
    makespan: float
    ideal: float
    latency_ideal: float
    """As if gates took no time."""
    bounds: Mapping[str, float]
    """What the ideal is the largest of."""
    path: tuple[str, ...]
    gate_runs: int
    gate_seconds: float
    """Of a run of the gate, on average."""

    @property
    def ratio(self) -> float:
        """Makespan over the ideal."""
        return self.makespan / self.ideal

    def figures(self) -> dict[str, Any]:
        """For the report."""
        return {
            "workers": self.workers,
            "makespan_s": self.makespan,
            "ideal_s": self.ideal,
            "ratio": self.ratio,
            "ratio_to_latency_only_ideal": self.makespan / self.latency_ideal,
            "bounds_s": dict(self.bounds),
            "longest_path": " ".join(self.path),
            "gate_runs": self.gate_runs,
            "gate_seconds_mean": self.gate_seconds,
        }


def run(*, quick: bool) -> Report:
    """Two DAGs of 50 tasks at 16 and at 50 workers, and one with a question; quick: one of 14 tasks at 16 workers."""
    bars: list[Bar] = []
    builds: list[dict[str, Any]] = []
    sizes = Sizes()
    for graph, workers in [(SMALL, WORKERS[0])] if quick else list(product((WIDE, DEEP), WORKERS)):
        plan = drawn(graph)
        timing, its_sizes = build(plan, workers=workers)
        sizes = sizes.largest(its_sizes)
        bars.append(
            Bar(name=f"over the ideal, {graph.name}, {workers} workers", value=timing.ratio, limit=RATIO, unit="times")
        )
        builds.append({"graph": graph.name, **timing.figures()})
        if graph is DEEP and workers == WORKERS[-1]:
            asked, _ = build(with_question(plan), workers=workers)
            bars.append(question_bar(asked, without=timing))
            builds.append({"graph": graph.name, "asked_by": with_question(plan).asks, **asked.figures()})
    bars += [
        Bar(name="largest checkpoint", value=sizes.checkpoint / 1024, limit=CHECKPOINT_KB, unit="KB"),
        Bar(name="run folder without prompts", value=sizes.rest / 1e6, limit=FOLDER_MB, unit="MB"),
    ]
    figures = {
        "graphs": [_given(graph) for graph in ((SMALL,) if quick else (WIDE, DEEP))],
        "calls_per_task": CALLS,
        "latencies_s": list(LATENCIES),
        "answered_after_s": ANSWERED_AFTER,
        "time_counts_from": "the moment building starts, with litellm loaded, to the end of the run",
        "builds": builds,
        **sizes.figures(),
    }
    return Report(suite="makespan", quick=quick, bars=tuple(bars), figures=figures)


def question_bar(asked: Timing, *, without: Timing) -> Bar:
    """How much a question changes the ratio. The second that the person takes is not in the ideal, so it counts too."""
    change = (asked.makespan - without.makespan) / without.ideal
    return Bar(name="change of it by a question on the longest path", value=change, limit=QUESTION, unit="times")


def drawn(graph: Graph) -> Assignment:
    """The tasks of a graph."""
    return assignment(seed=graph.seed, tasks=graph.tasks, density=graph.density)


def _given(graph: Graph) -> dict[str, Any]:
    plan = drawn(graph)
    return {
        **asdict(graph),
        "edges": plan.edges,
        "longest_path_tasks": len(critical_path(plan.plan)),
        "model_seconds": sum(map(sum, plan.latencies.values())),
    }


def build(plan: Assignment, *, workers: int) -> tuple[Timing, Sizes]:
    """Run it once in a new repository. Raises CommandFailed where the run does not end well."""
    with tempfile.TemporaryDirectory(prefix="makespan-") as place, scripted_server(plan.script()) as url:
        root = target.create(Path(place, "repo"), {"agentctl.toml": own_runs.settings(url, gates=cores())})
        spec = Path(place, "spec.md")
        spec.write_text(plan.spec, encoding="utf-8")
        with own_runs.Beside(root=root, answer_after=ANSWERED_AFTER).present() as beside:
            own_runs.run(root, [str(spec)], workers=workers)
        folder, events = own_runs.latest(root)
        return timing_of(plan, events, workers=workers), folder_sizes(folder).seen(beside.checkpoint)


def timing_of(plan: Assignment, events: tuple[Event, ...], *, workers: int) -> Timing:
    """The makespan of a run that is done, from its log, and the ideal."""
    moves = {event.fact.state: event.at for event in events if isinstance(event.fact, RunMoved)}
    judged = [event.fact for event in events if isinstance(event.fact, Judged) and event.at >= moves["building"]]
    own = {fact.key.task: fact.verdict.seconds for fact in judged if fact.key is not None and fact.verdict.passed}
    model = {task: sum(seconds) for task, seconds in plan.latencies.items()}
    with_gates = _weighed(plan, {task: model[task] + own.get(task, 0.0) for task in model})
    work = sum(model.values()) / workers
    bounds = {
        "longest_path": max(remaining(with_gates).values()),
        "gate_cpu_over_cores": sum(fact.verdict.cpu_seconds for fact in judged) / cores(),
        "model_time_over_workers": work,
    }
    return Timing(
        workers=workers,
        makespan=moves["done"] - moves["building"],
        ideal=max(bounds.values()),
        latency_ideal=max([*remaining(_weighed(plan, model)).values(), work]),
        bounds=bounds,
        path=critical_path(with_gates),
        gate_runs=len(judged),
        gate_seconds=sum(fact.verdict.seconds for fact in judged) / len(judged),
    )


def _weighed(plan: Assignment, seconds: Mapping[str, float]) -> Any:
    return replace(plan.plan, tasks=tuple(replace(task, minutes=seconds[task.id]) for task in plan.tasks))
