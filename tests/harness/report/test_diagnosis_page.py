"""A diagnosis as a page: everything escaped, nothing from elsewhere."""

import gzip
import json
from html.parser import HTMLParser
from pathlib import Path

import msgpack
import pytest
from examples.dumps import HANGS, diagnosis_of, dump_of, model

from workerfuzz.harness.cli import run_command
from workerfuzz.harness.diagnose.diagnosis import diagnosed
from workerfuzz.harness.report.diagnosis_page import page


class Reader(HTMLParser):
    """Collects the text and the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("hang", HANGS)
def test_the_page_has_the_root_and_how_it_came(hang: str) -> None:
    found = diagnosis_of(hang)
    text = read(page(found)).text
    assert found.groups[0].chain.root.sentence in text
    assert found.contradictions[0].text in text
    assert found.candidates[0].title in text
    assert all(message in text for _, message in found.story)


def test_markup_in_keys_is_text() -> None:
    text = json.dumps(dump_of("retry")).replace('"c"', '"<script>x"').replace("'c'", "'<script>x'")
    html = page(diagnosed(model(json.loads(text)), 0.0))
    reader = read(html)
    assert "script" not in reader.tags
    assert "<script>x is waiting for b" in reader.text


def test_nothing_comes_from_elsewhere() -> None:
    html = page(diagnosis_of("retry"))
    assert "http" not in html.replace("http-equiv", "").replace("https://github.com", "")


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(gzip.compress(msgpack.packb(dump_of("retry"))))
    html = tmp_path / "page.html"
    assert run_command(["diagnose", str(dump), "--settled", "0s", "--html", str(html)]) == 1
    assert html.read_text().startswith("<!doctype html>")
    capsys.readouterr()
    assert run_command(["diagnose", str(dump), "--html", str(tmp_path / "no" / "page")]) == 2
    assert "the page was not written" in capsys.readouterr().err
