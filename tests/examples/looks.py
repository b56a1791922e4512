"""A page in a real browser, for tests of its appearance."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: At which every page is looked at: a telephone, and a large screen; in CSS pixels.
WIDTHS = (400, 1600)
SCHEMES = ("light", "dark")

#: Must show as text wherever it is put.
HOSTILE = "<script>hacked = 1</script>"


@dataclass
class Look:
    """A page that is looked at.

    Attributes:
        page: Playwright's.
        errors: what it complained of, and what it asked a network for.
    """

    page: Any
    errors: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        found: str = self.page.locator(selector).first.text_content()
        return found

    def violations(self) -> list[str]:
        """Return the problems that axe-core finds: contrast, names, roles, focus."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{element['id']}: {element['help']}: {node['html'][:200]} {node['failureSummary']}"
            for element in found
            for node in element["nodes"]
        ]

    def sticks_out(self) -> list[str]:
        """Texts that are wider than the window, or cut off by their picture."""
        found: list[str] = self.page.evaluate(STICKS_OUT)
        return found

    def overlaps(self) -> list[list[str]]:
        """Texts of a picture that stand on one another."""
        found: list[list[str]] = self.page.evaluate(OVERLAPS)
        return found


#: In CSS pixels; fonts differ by a little.
STICKS_OUT = """() => {
  const wide = document.documentElement;
  const found = wide.scrollWidth > wide.clientWidth ? [`page: ${wide.scrollWidth} px`] : [];
  for (const it of document.querySelectorAll('svg text')) {
    const box = it.getBoundingClientRect(), frame = it.ownerSVGElement.getBoundingClientRect();
    if (!box.width) continue;
    if (box.left < frame.left - 1 || box.right > frame.right + 2 || box.bottom > frame.bottom + 1)
      found.push(it.textContent);
  }
  return found;
}"""
OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('svg text')]
    .map((it) => [it.textContent, it.getBoundingClientRect(), it.ownerSVGElement])
    .filter(([, box]) => box.width);
  const found = [];
  boxes.forEach(([words, one, svg], place) => {
    for (const [others, other, its] of boxes.slice(place + 1)) {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (svg === its && across > 2 && down > 4) found.push([words, others]);
    }
  });
  return found;
}"""

#: Opens a file: ``look(path, width, scheme, "#fragment")``; a fixture.
Opened = Callable[..., Look]
