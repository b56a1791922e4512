"""Pictures of a report: wide and small, with ids of their own, however long the case."""

import xml.etree.ElementTree as ET

import pytest
from examples.lane_cases import CLUSTER

from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.report.night_report.finding_picture import draw
from workerfuzz.harness.report.swimlanes.svg import SMALL
from workerfuzz.harness.subjects.protocol import SubjectUnavailable


def test_a_case_is_drawn_wide_and_small() -> None:
    picture = draw(parse(CLUSTER), "reference", "f7")
    wide, small = ET.fromstring(picture.wide), ET.fromstring(picture.small)
    assert float(wide.get("width", "0")) == picture.width > SMALL
    assert float(small.get("width", "0")) == SMALL
    assert wide.get("aria-labelledby") == "f7-w-t f7-w-d"
    assert small.get("aria-labelledby") == "f7-s-t f7-s-d"


def test_a_subject_that_is_not_here_is_said() -> None:
    with pytest.raises(SubjectUnavailable, match='unknown subject "nobody"'):
        draw(parse(CLUSTER), "nobody", "f")
