"""The story of some keys: causes before what they lead to, whatever the clocks say."""

from examples.dumps import Plain, dump_of, model

from workerfuzz.harness.diagnose.story import story

W0, W1 = "w0:0", "w1:0"


def told(plain: Plain, *keys: str) -> list[tuple[str, str]]:
    return story(model(plain), keys)


def with_history(plain: Plain, *transitions: tuple[str, str, str, str]) -> Plain:
    """The scheduler keeps a log: (key, start, finish, stimulus), a second after each other."""
    plain["scheduler"]["transition_log"] = [
        [key, start, finish, {}, cause, float(number)]
        for number, (key, start, finish, cause) in enumerate(transitions)
    ]
    return plain


def test_a_failed_copy_is_told_with_its_reason() -> None:
    lines = [text for place, text in told(dump_of("unreadable"), "a", "c") if place == W1]
    assert lines == [
        "is asked to compute c (run 2), with b on w1, a on w0. "
        "c: released -> waiting; a: released -> fetch -> flight",
        "cannot read what w0 sent: failed to deserialise. a: flight -> error",
    ]


def test_what_answers_a_finish_of_the_worker_itself_is_told_so() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W0]
    finish = next(
        event for event in worker["stimulus_log"] if event["cls"] == "ExecuteSuccessEvent"
    )
    cause = finish["stimulus_id"]
    worker["stimulus_log"].append(
        {"cls": "FreeKeysEvent", "keys": ["a"], "stimulus_id": cause, "handled": 9.0}
    )
    worker["log"].append(["a", "memory", "released", "released", {}, cause, 9.0])
    last = told(plain, "a")[-1]
    assert last == (
        W0,
        "free-keys a, the answer to its own finish of a (run 0). a: memory -> released",
    )


def test_causes_come_first_though_the_clock_of_a_worker_is_wrong() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W0]
    finish = next(
        event for event in worker["stimulus_log"] if event["cls"] == "ExecuteSuccessEvent"
    )
    for event in worker["stimulus_log"]:
        event["handled"] += 1_000  # its clock is fast
    for line in worker["log"]:
        line[-1] += 1_000
    with_history(
        plain,
        ("a", "released", "waiting", "update-graph-1"),
        ("a", "waiting", "processing", "update-graph-1"),
        ("a", "processing", "memory", finish["stimulus_id"]),
    )
    assert [
        (place, text.partition(". ")[0]) for place, text in told(plain, "a") if place != W1
    ] == [
        ("scheduler", "a client submits a graph"),
        (W0, "is asked to compute a (run 0)"),
        (W0, "finishes a (run 0)"),
        ("scheduler", "hears of w0: finish of a (run 0)"),
    ]


def test_logs_that_contradict_each_other_are_told_all_the_same() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W0]
    finish = next(
        event for event in worker["stimulus_log"] if event["cls"] == "ExecuteSuccessEvent"
    )
    worker["stimulus_log"].reverse()
    for number, event in enumerate(worker["stimulus_log"]):
        event["handled"] = float(number)
    with_history(
        plain,
        ("a", "processing", "memory", finish["stimulus_id"]),
        ("a", "waiting", "processing", "update-graph-1"),
    )
    assert len(told(plain, "a")) >= 4


def test_an_unknown_cause_is_told_by_its_name() -> None:
    plain = with_history(dump_of("retry"), ("b", "released", "waiting", "some-plugin-12.5"))
    assert ("scheduler", "some-plugin. b: released -> waiting") in told(plain, "b")
