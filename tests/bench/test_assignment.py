from dataclasses import replace

from agentctl.agents.plan_reply import read_plan
from agentctl.bench import overhead
from agentctl.bench.makespan import timing_of
from agentctl.bench.parts import small
from agentctl.bench.parts.assignment import CALLS, LATENCIES, Assignment, assignment, with_question
from agentctl.bench.report import cores
from agentctl.bench.scripted import Asked, Rules
from agentctl.orchestrator.nouns.events import Event, Fact, Judged, RunMoved
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.plan_check import check_plan
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.parse import parse


def test_a_random_assignment_is_the_same_for_the_same_seed_and_its_plan_can_be_built() -> None:
    one = assignment(seed=3, tasks=50, density=0.1)
    assert one == assignment(seed=3, tasks=50, density=0.1) != assignment(seed=4, tasks=50, density=0.1)
    assert check_plan(one.plan, spec_view(parse(one.spec)), ()) == ()
    assert one.edges > 0
    assert {len(seconds) for seconds in one.latencies.values()} == {CALLS}
    assert all(LATENCIES[0] <= each <= LATENCIES[1] for seconds in one.latencies.values() for each in seconds)


def test_the_scripted_planner_proposes_the_assignments_plan() -> None:
    one = assignment(seed=3, tasks=12, density=0.1)
    answer = Rules(one.script())(asked("... Cut this spec into tasks. ..."))
    assert [(task.id, task.needs, task.owns) for task in read_plan(answer.text).tasks] == [
        (task.id, task.needs, task.owns) for task in one.tasks
    ]


def test_every_task_takes_the_same_calls_with_its_own_latencies() -> None:
    one = assignment(seed=3, tasks=12, density=0.1)
    rules = Rules(one.script())
    for task in one.tasks:
        answers = [rules(asked(f"# Your task: {task.id} {task.title}", turn=turn)) for turn in range(CALLS)]
        assert tuple(answer.latency for answer in answers) == one.latencies[task.id]
        assert [answer.calls[0].name for answer in answers] == ["read", "write", "write", "submit"]


def test_the_question_is_asked_at_the_start_of_the_longest_path_and_costs_no_call_more() -> None:
    chain = with_question(hand_made())
    assert chain.asks == "T1"
    answer = Rules(chain.script())(asked("# Your task: T1 ", turn=0))
    assert [call.name for call in answer.calls] == ["ask"]
    assert len(chain.script()["rules"]) == len(hand_made().script()["rules"])


def test_the_ideal_is_the_longest_path_with_one_gate_a_task_the_gate_cpu_or_the_work() -> None:
    moves: list[tuple[float, Fact]] = [
        (100.0, judged(None, 50.0, 50.0)),  # the base's verdict, before building
        (101.0, RunMoved(state="building")),
        (110.0, judged("T1", 2.0, 1.0)),
        (111.0, judged(None, 2.0, 1.0)),  # a group's verdict: gate CPU, but on nobody's path
        (120.0, judged("T2", 3.0, 1.0)),
        (121.0, judged("T3", 4.0, 1.0)),
        (131.0, RunMoved(state="done")),
    ]
    events = tuple(
        Event(seq=n, at=at, author="x", cause=None, schema=1, fact=fact) for n, (at, fact) in enumerate(moves, 1)
    )
    timing = timing_of(hand_made(), events, workers=16)
    assert timing.bounds == {
        "longest_path": 4.0 + 2.0 + 8.0 + 3.0,
        "gate_cpu_over_cores": 4.0 / cores(),
        "model_time_over_workers": 16.0 / 16,
    }
    assert (timing.path, timing.makespan, timing.ideal, timing.latency_ideal) == (("T1", "T2"), 30.0, 17.0, 12.0)
    assert timing_of(hand_made(), events, workers=1).ideal == 17.0
    assert timing_of(hand_made(), events, workers=1).latency_ideal == 16.0


def test_the_plans_of_the_other_suites_can_be_built_too() -> None:
    for spec, script in ((small.SPEC, small.script()), (overhead.spec(), overhead.script())):
        plan = read_plan(Rules(script)(asked("Cut this spec into tasks")).text)
        assert check_plan(plan, spec_view(parse(spec)), ()) == ()


def hand_made() -> Assignment:
    """T1 of 4 s, then T2 of 8 s; beside them T3 of 4 s."""
    drawn = assignment(seed=1, tasks=3, density=0.0)
    needs = {"T1": (), "T2": ("T1",), "T3": ()}
    tasks = tuple(replace(task, needs=needs[task.id]) for task in drawn.tasks)
    latencies = {"T1": (1.0,) * 4, "T2": (2.0,) * 4, "T3": (1.0,) * 4}
    return Assignment(plan=replace(drawn.plan, tasks=tasks), density=0.0, latencies=latencies)


def judged(task: str | None, seconds: float, cpu: float) -> Judged:
    verdict = Verdict(tree="t", gate="g", passed=True, seconds=seconds, cpu_seconds=cpu)
    return Judged(verdict=verdict, report="", key=None if task is None else AttemptKey(task=task))


def asked(text: str, *, turn: int = 0) -> Asked:
    return Asked(model="scripted", text=text, last=text, turn=turn)
