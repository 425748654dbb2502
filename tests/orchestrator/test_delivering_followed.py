"""What is delivered of a run that followed its base branch: its own work alone, on what it followed."""

from .deliveries import RUN, Make


async def test_slices_stand_on_what_was_followed_and_hold_only_the_runs_own_work(make: Make) -> None:
    run = await make("T1 core", "T2 shell", "T3 core", files={"README": "one\n"})
    await run.begins_at({"spec/stub.py": "x\n"})
    await run.lands("T1", {"src/T1.py": "x\n"})
    before = await run.cut()
    theirs = await run.follows("T4", {"README": "two\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    newest = await run.follows("T5", {"other": "x\n"})
    await run.lands("T3", {"src/T3.py": "x\n"})
    await run.commit({"shop.lock": "x\n"}, f"Trace\n\nSpec: shop@d\nRun: {RUN}\n")
    cuts = await run.cut()
    assert theirs != newest
    assert {task for each in cuts for task in each.slice.tasks} == {"T1", "T2", "T3"}
    assert {each.base for each in cuts if not each.slice.on} == {newest}
    for each in cuts:
        assert await run.git.reaches(tip=each.head, commit=newest)
        own = await run.git.changed(await run.git.tree_of(newest), each.tree)
        assert not {"README", "other"} & set(own)
    assert before[0].head not in {each.head for each in cuts}
    assert await run.cut() == cuts


async def test_all_in_one_stands_on_it_as_commits_of_its_own(make: Make) -> None:
    run = await make("T1 core", "T2 core")
    await run.lands("T1", {"src/T1.py": "x\n"})
    theirs = await run.follows("T3", {"other": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    (whole,) = await run.cut()
    log = await run.git.log(since=theirs, tip=whole.head)
    assert [message.splitlines()[0] for _, message in log] == ["Do T1", "Do T2"]
    assert (whole.base, whole.tree) == (theirs, await run.git.tree_of(run.tip))


async def test_work_that_clashes_with_it_on_its_way_is_delivered_as_it_was_merged(make: Make) -> None:
    run = await make("T1 core", "T2 core T1", files={"a.py": "1\n2\n3\n"})
    await run.lands("T1", {"a.py": "one\n2\n3\n"})
    await run.lands("T2", {"a.py": "1\n2\n3\n", "b.py": "x\n"})
    theirs = await run.follows("T3", {"a.py": "uno\n2\n3\n"})
    (whole,) = await run.cut()
    assert (whole.base, whole.head) == (theirs, run.tip)
    assert await run.git.reaches(tip=whole.head, commit=theirs)
