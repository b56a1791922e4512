"""Links between our own pages lead somewhere."""

import re
from pathlib import Path

FENCED = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"^(?:https?|mailto):")


def prose(text: str) -> str:
    """The page without its examples."""
    return FENCED.sub("", text)


def anchors(text: str) -> set[str]:
    """Anchors of headings in links, as GitHub makes them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(text)))
    return {heading.replace(" ", "-") for heading in plain}


def broken(root: Path, page: Path, text: str) -> list[str]:
    found = []
    for target in LINK.findall(CODE.sub("", prose(text))):
        if ELSEWHERE.match(target):
            continue
        name, _, anchor = target.partition("#")
        path = (root / page).parent / name if name else root / page
        if not path.exists():
            found.append(f"{page}: {target}")
        elif anchor and anchor not in anchors(path.read_text(encoding="utf-8")):
            found.append(f"{page}: {target} (no such heading)")
    return found


def test_links_lead_somewhere(root: Path, texts: dict[Path, str]) -> None:
    pages = {path: text for path, text in texts.items() if path.suffix == ".md"}
    assert [link for page, text in pages.items() for link in broken(root, page, text)] == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = Path("page.md")
    text = "# One, two\n[a](page.md#one-two) [b](gone.md) [c](#three)\n```\n[d](gone.md)\n```\n"
    (tmp_path / page).write_text(text, encoding="utf-8")
    assert broken(tmp_path, page, text) == [
        "page.md: gone.md",
        "page.md: #three (no such heading)",
    ]
