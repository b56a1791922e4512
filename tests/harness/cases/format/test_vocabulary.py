"""Names that a case may use."""

import re
from pathlib import Path

import workerfuzz.statemachine
from workerfuzz.harness import subjects as registry
from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.engines.reach.reach import configuration_is_not_reached
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.statemachine.properties import standstill
from workerfuzz.statemachine.properties.property import properties_in

#: How a property begins.
DEFINITION = re.compile(
    r"^@(?:always|at_rest)\([^@]*?\)\ndef (\w+)|^(\w+): Final = reported_when_due\(", re.MULTILINE
)


def test_every_property_that_is_written_is_known() -> None:
    """But those that a case cannot break: of dumps, and what a search is for."""
    root = Path(workerfuzz.statemachine.__path__[0]).parent
    written = {
        name
        for part in ("statemachine", "harness")
        for path in (root / part).rglob("*.py")
        for names in DEFINITION.findall(path.read_text(encoding="utf-8"))
        for name in names
        if name
    }
    known = set(vocabulary.properties())
    assert known <= written
    assert written - known == {
        configuration_is_not_reached.name,
        *(item.name for item in properties_in(vars(standstill))),
    }


def test_properties_have_names_that_cases_can_write() -> None:
    for name, found in vocabulary.properties().items():
        assert name.isidentifier()
        assert found.sentence.endswith(".")


def test_our_subjects_are_known() -> None:
    assert set(vocabulary.subjects()) >= set(registry.OWN)
    assert ReferenceSubject().name == vocabulary.REFERENCE
