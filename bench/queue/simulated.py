"""The product's own rules (`orchestrator/rules/fan.py`) against the simulated gate, in rounds like the baselines."""

from ...orchestrator.rules import fan
from .baselines import Played
from .patches import Patches


def fan_out(patches: Patches, slots: int) -> Played:
    """Work a queue off in which everything waits from the beginning."""
    queue, runs, rounds = fan.Queue(slots=slots), 0, 0
    tips: list[tuple[str, ...]] = [()]
    for name in patches.names:
        queue = fan.arrive(queue, name)
    while (queue := fan.fill(queue)).trials:
        said = {trial.number: patches.judge(tips[trial.tip], trial.stack) for trial in queue.trials}
        ends = [fan.Ended(number=number, passed=passed, flaky=flaky) for number, (passed, flaky) in said.items()]
        queue, actions = fan.judged(queue, ends)
        tips += [(*tips[-1], *action.trial.stack) for action in actions if isinstance(action, fan.Land)]
        runs, rounds = runs + len(said), rounds + 1
    if len(queue.landed) + len(queue.rejected) != len(patches.names):
        raise RuntimeError(f"the queue lost patches: {sorted({*patches.names} - queue.landed - queue.rejected)}")
    return Played(runs=runs, rounds=rounds, landed=len(queue.landed))
