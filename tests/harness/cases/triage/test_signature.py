"""Two different bugs are told apart, and one bug is not taken for two: the known ones of Dask."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.case import open_world
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import FOLDER
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.playing import play, violation_of
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig

#: The beginnings of cases that break the same property in different places of Dask.
DIFFERENT = (
    ("0001", "0003"), ("0001", "0013"), ("0003", "0005"), ("0005", "0015"), ("0013", "0014"),
    ("0004", "0009"), ("0004", "0011"), ("0009", "0011"), ("0011", "0023"), ("0010", "0020"),
    ("0012", "0016"), ("0012", "0018"), ("0016", "0018"), ("0007", "0019"),
    ("0019", "0021"), ("0023", "0028"), ("0027", "0028"),
    ("0016", "0031"),
)  # fmt: skip


def signature_of(steps: str, **options: object) -> Signature:
    """Return the signature of the violation by these steps, written as in a case."""
    words = {kind.word: kind for kind in CLUSTER_STEPS}
    taken = [words[line.split()[0]].parse(line.split()[1:]) for line in steps.strip().splitlines()]
    config = CLUSTER.config.__class__(**options)  # type: ignore[arg-type]  # passed on
    found = replay(get_cluster("dask"), config, taken, CLUSTER)
    assert found is not None
    return signature(found)


def signature_in(number: str) -> Signature:
    (path,) = FOLDER.glob(f"{number}-*.case")
    return of_case(path)


def of_case(path: Path) -> Signature:
    subject = get_cluster("dask")
    case = load(path)
    if not any(case.known_breaks(subject.name, subject.version())):
        pytest.skip(f"not about distributed {subject.version()}")
    played = play(open_world(case, subject), case.steps)
    return next(signature(result.violation) for result in played if result.violation is not None)


@pytest.fixture(autouse=True)
def _with_dask() -> None:
    pytest.importorskip("distributed")


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_bugs_have_different_signatures(one: str, other: str) -> None:
    assert signature_in(one).bug != signature_in(other).bug


@pytest.mark.parametrize(("one", "other"), [("0005", "0054"), ("0043", "0058"), ("0003", "0026")])
def test_the_same_exception_at_the_same_place_is_the_same_bug(one: str, other: str) -> None:
    """Whichever property noticed it: raised, logged, or found by validation."""
    assert signature_in(one) != signature_in(other)
    assert signature_in(one).bug == signature_in(other).bug


def found(counterexample: str) -> Signature:
    return signature(Violation("p", "", counterexample, run_config=ClusterRunConfig()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 of 1 cpu are left on w0", "0 of 1 cpu are left on w0"),
        ("5 counted as waiting, 3 waiting", "3 counted as waiting, 5 waiting"),
        ("2 of 1 left; 0 needed", "1 of 1 left; 1 needed"),
    ],
)
def test_the_direction_of_a_number_is_kept(one: str, other: str) -> None:
    assert found(one) != found(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 of 1 cpu are left on w0", "7 of 4 cpu are left on w3"),
        ("a#2 is on w0", "b#0 is on w1"),
        ("after 362 rounds", "after 120 rounds"),
        ("scheduler on w0:0: actors: a", "scheduler on w1:0: actors: b"),
        ("1 2 3 4 5", "5 4 3 2 1"),
    ],
)
def test_amounts_and_names_do_not_count(one: str, other: str) -> None:
    assert found(one) == found(other)


def test_names_and_numbers_do_not_count() -> None:
    elsewhere = """
        submit c0 f-0[on=w0,loose] want f-0
        deliver c0->scheduler
        dies w0
    """
    assert signature_of(elsewhere, workers=1) == signature_in("0009")


def test_other_steps_to_the_same_assertion_are_the_same_bug() -> None:
    longer = """
        submit c0 a#1 want a
        submit c0 a#1 b#2(a) c(b) g(c) want g
        cancel c0 a
    """
    assert signature_of(longer, workers=2) == signature_in("0001")


def test_an_input_that_is_fine_does_not_make_another_hang() -> None:
    with_other = """
        submit c0 a b d e(a,b,d) want a,b,d,e
        deliver c0->scheduler
        deliver scheduler->w0
        begin w0 a
        fail w0 a
        deliver w0->scheduler
        begin w0 b
        fail w0 b
        deliver w0->scheduler
        deliver scheduler->c0
        deliver scheduler->c0
        retry c0 a
    """
    assert signature_of(with_other, workers=1, validate=False) == signature_in("0004")


def test_a_digest_is_no_client() -> None:
    """It may begin like one: ``c6756941``."""
    both = [
        Violation(
            "finished_keys_have_the_right_value",
            "",
            f"a is 'a#0 0d29bae4' on w0, and should be 'a#1 {digest}'",
            run_config=ClusterRunConfig(),
        )
        for digest in ("c6756941", "f53c4004")
    ]
    assert signature(both[0]) == signature(both[1])


def test_what_validation_raised_is_the_cause_of_the_violation_and_its_text_plain() -> None:
    (path,) = FOLDER.glob("0010-*.case")
    case = load(path)
    subject = get_cluster("dask")
    if not any(case.known_breaks(subject.name, subject.version())):
        pytest.skip(f"not about distributed {subject.version()}")
    violation = violation_of(open_world(case, subject), case.steps)
    assert violation is not None
    assert type(violation.counterexample) is str
    assert isinstance(violation.__cause__, AssertionError)
