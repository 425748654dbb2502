"""The merge queue's rules, as a table and as a game played to the end."""

from agentctl.orchestrator.rules.queue import Queue, arrive, drop, failed, passed, start, start_with
from hypothesis import given
from hypothesis import strategies as st


def test_everything_that_waits_becomes_one_group() -> None:
    queue = start(Queue(waiting=("a", "b", "c")))
    assert queue == Queue(judging=("a", "b", "c"))


def test_a_group_holds_at_most_the_limit() -> None:
    assert start(Queue(waiting=("a", "b", "c")), limit=2) == Queue(judging=("a", "b"), waiting=("c",))


def test_a_red_group_is_halved_and_its_halves_come_before_later_arrivals() -> None:
    queue, culprit = failed(Queue(judging=("a", "b", "c"), waiting=("d",)))
    assert culprit is None
    assert queue == Queue(halves=(("a", "b"), ("c",)), waiting=("d",))
    assert start(queue).judging == ("a", "b")


def test_a_red_single_patch_is_the_culprit() -> None:
    assert failed(Queue(judging=("a",), waiting=("b",))) == (Queue(waiting=("b",)), "a")


def test_a_patch_that_is_already_in_the_queue_does_not_join_twice() -> None:
    queue = Queue(waiting=("a",), judging=("b",), halves=(("c", "d"),))
    for patch in "abcd":
        assert arrive(queue, patch) == queue


def test_a_dropped_patch_leaves_wherever_it_stands() -> None:
    queue = Queue(waiting=("a",), judging=("b", "x"), halves=(("c",), ("d", "e")))
    for patch in "abcde":
        queue = drop(queue, patch)
    assert queue == Queue(judging=("x",))


def test_a_recorded_group_starts_once_all_of_it_is_here() -> None:
    waiting = Queue(waiting=("a", "b"))
    assert start_with(waiting, ("b", "c")) == waiting
    assert start_with(arrive(waiting, "c"), ("c", "b")) == Queue(waiting=("a",), judging=("c", "b"))


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 9), st.randoms(use_true_random=False))
def test_every_good_patch_lands_once_and_every_bad_one_is_rejected_once(
    good: list[bool], limit: int, chance: st.DataObject
) -> None:
    names = [str(number) for number in range(len(good))]
    isgood = dict(zip(names, good, strict=True))
    queue, landed, rejected, coming = Queue(), [], [], list(names)
    while coming or queue != Queue():
        while coming and (queue == Queue() or chance.random() < 0.5):
            queue = arrive(queue, coming.pop())
        queue = start(queue, limit=limit)
        if all(isgood[patch] for patch in queue.judging):
            landed += queue.judging
            queue = passed(queue)
        else:
            queue, culprit = failed(queue)
            rejected += [culprit] if culprit else []
    assert sorted(landed) == sorted(name for name in names if isgood[name])
    assert sorted(rejected) == sorted(name for name in names if not isgood[name])
