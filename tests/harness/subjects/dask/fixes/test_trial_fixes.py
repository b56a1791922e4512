"""With the trial fix of a defect exactly the cases of that defect pass."""

import linecache
from collections.abc import Collection, Iterator, Mapping

import pytest

from workerfuzz.harness.cases.format.case import Case, ScopeName, open_world
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.cases.triage.known_bugs import Known, known_bugs, known_cases
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.subjects import get, get_cluster, trial_fixes
from workerfuzz.harness.subjects.dask.fixes.catalogue import FIXES
from workerfuzz.harness.subjects.dask.fixes.patch import SourceChange, TrialFix, fits, fixed
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.playing import violation_of

#: Every so many fixes one is tried in every run of the tests; the others where slow tests are run.
SAMPLE = 16


@pytest.fixture(autouse=True)
def _with_the_release_that_is_known() -> None:
    pytest.importorskip("distributed")
    if get_cluster("dask").version() != "2026.8.0":
        pytest.skip("the fixes are of distributed 2026.8.0")


@pytest.fixture(scope="module")
def known() -> Known:
    pytest.importorskip("distributed")
    return known_bugs(get_cluster("dask"))


def cases() -> Iterator[Case]:
    version = get_cluster("dask").version()
    return (
        case
        for case in known_cases()
        if case.scope is ScopeName.CLUSTER and any(case.known_breaks("dask", version))
    )


def broken_with(names: Collection[str]) -> Mapping[str, tuple[Case, Signature]]:
    """Play every known case with these fixes; return those that break, with their signatures."""
    subject = get_cluster("dask")
    found: dict[str, tuple[Case, Signature]] = {}
    with trial_fixes("dask", list(names)):
        for case in cases():
            violation = violation_of(open_world(case, subject), case.steps)
            if violation is not None:
                found[case.title] = case, signature(violation)
    return found


def has_no_fix(case: Case) -> bool:
    """Its defect is the client's, which is modelled here, or the case says why it has none."""
    return case.notes[0].startswith("client.py") or any(
        note.startswith("no trial fix: ") for note in case.notes
    )


def test_every_known_case_passes_with_all_fixes(known: Known) -> None:
    """Or meets a bug that has none."""
    for case, mark in broken_with(["all"]).values():
        assert any(map(has_no_fix, known.cases_of(mark))), (case.title, mark)


def test_every_known_case_names_its_fix_and_every_fix_has_a_case() -> None:
    named = {name for case in cases() for name in case.fixes}
    assert not [case.title for case in cases() if not case.fixes and not has_no_fix(case)]
    assert named == set(FIXES)


def check_all_but(name: str, known: Known) -> None:
    """Whatever breaks without one fix is known to be of its defect; all that need it do."""
    broken = broken_with([name_of_fix for name_of_fix in FIXES if name_of_fix != name])
    need_it = {case.title for case in cases() if case.fixes == (name,)}
    assert need_it <= broken.keys()
    for case, mark in broken.values():
        same = [*known.cases_of(mark)]
        of_defect = any(name in name_of_fix.fixes for name_of_fix in (case, *same))
        assert of_defect or any(map(has_no_fix, same)), (case.title, mark)


@pytest.mark.parametrize("name", [*FIXES][::SAMPLE])
def test_without_a_fix_exactly_its_defect_is_met(name: str, known: Known) -> None:
    check_all_but(name, known)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name_of_fix for name_of_fix in FIXES if name_of_fix not in [*FIXES][::SAMPLE]]
)
def test_without_any_other_fix_exactly_its_defect_is_met(name: str, known: Known) -> None:
    check_all_but(name, known)


def test_a_case_is_as_written_with_its_fix_and_known_to_break_without() -> None:
    case = next(
        name_of_fix
        for name_of_fix in cases()
        if name_of_fix.fixes == ("cancel-goes-through-unwanted-tasks",)
    )
    assert replay(case, get("dask")).outcome is ReplayOutcome.BREAKS_AS_KNOWN
    with trial_fixes("dask", case.fixes) as names:
        assert replay(case, get("dask"), fixed=names).outcome is ReplayOutcome.AS_WRITTEN
    with trial_fixes("dask", ["actor-is-not-queued"]) as names:
        assert replay(case, get("dask"), fixed=names).outcome is ReplayOutcome.BREAKS_AS_KNOWN


def test_a_bug_that_is_fixed_is_not_known() -> None:
    case = next(
        name_of_fix
        for name_of_fix in cases()
        if name_of_fix.fixes == ("cancel-goes-through-unwanted-tasks",)
    )
    found = Signature("no_handler_raises", *case.signatures[0].split("; ", 1))
    assert known_bugs(get_cluster("dask")).case_of(found) is not None
    with trial_fixes("dask", case.fixes) as names:
        assert known_bugs(get_cluster("dask"), fixed=names).case_of(found) is None


class Greeter:
    """Has methods with and without a closure."""

    greeting = "good morning"

    def greet(self) -> str:
        return self.greeting.strip()

    def kind(self) -> type:
        return __class__  # type: ignore[name-defined]  # the class itself, as super() uses it


def change(function: str, before: str, after: str) -> SourceChange:
    return SourceChange("module", f"Greeter.{function}", before, after)


@pytest.fixture
def _in_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"Greeter.greet": Greeter.greet, "Greeter.kind": Greeter.kind}
    monkeypatch.setattr(SourceChange, "found", lambda change: found.get(change.function))


@pytest.mark.usefixtures("_in_this_module")
def test_a_fix_lasts_as_long_as_its_context() -> None:
    before = Greeter.greet
    fix = TrialFix("f", "", (change("greet", r"self\.greeting", '"good night"'),))
    with fixed([fix]):
        assert Greeter.greet is before
        assert Greeter().greet() == "good night"
        name = Greeter.greet.__code__.co_filename
        assert "good night" in linecache.getline(name, 2)
    assert Greeter().greet() == "good morning"


@pytest.mark.usefixtures("_in_this_module")
def test_two_fixes_may_change_one_function() -> None:
    fixes = [
        TrialFix("f", "", (change("greet", r"self\.greeting", '"good night"'),)),
        TrialFix("g", "", (change("greet", r"strip\(\)", "upper()"),)),
    ]
    with fixed(fixes):
        assert Greeter().greet() == "GOOD NIGHT"


@pytest.mark.usefixtures("_in_this_module")
def test_a_method_with_a_closure_can_be_changed() -> None:
    fix = TrialFix("f", "", (change("kind", "return __class__", "return (__class__, 1)[0]"),))
    with fixed([fix]):
        assert Greeter().kind() is Greeter


@pytest.mark.usefixtures("_in_this_module")
@pytest.mark.parametrize(
    "wrong",
    [
        change("greet", "no such text", ""),
        change("greet", "e", "a"),
        change("nobody", "said", "it"),
    ],
    ids=["not there", "there twice", "no such function"],
)
def test_a_fix_that_does_not_fit_is_refused_by_name(wrong: SourceChange) -> None:
    fix = TrialFix("the-fix", "", (wrong,))
    assert not fits(fix)
    with pytest.raises(SubjectUnavailable, match='trial fix "the-fix" does not fit'), fixed([fix]):
        pass


def test_an_unknown_fix_is_refused_by_name() -> None:
    with (
        pytest.raises(SubjectUnavailable, match='did you mean "actor-is-not-queued"'),
        trial_fixes("dask", ["actor-is-queued"]),
    ):
        pass


def test_a_subject_without_fixes_says_so() -> None:
    with (
        pytest.raises(SubjectUnavailable, match="has no trial fixes"),
        trial_fixes("reference", ["all"]),
    ):
        pass
