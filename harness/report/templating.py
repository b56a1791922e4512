"""Pages are made by jinja2, which not everybody has installed. Everything that is put in is escaped."""

from importlib.resources import files
from typing import Any


class ReportUnavailable(Exception):
    """Pages cannot be made here: jinja2 is not installed. Says what to install."""


def resource(name: str) -> str:
    """A file that stands beside the templates."""
    path = files("workerfuzz.harness.report") / "templates" / name
    return path.read_text(encoding="utf-8")


def environment() -> Any:
    """Where templates are, and how texts get into them: as they are, unless a template says ``safe``.

    Raises:
        ReportUnavailable: jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise ReportUnavailable(
            "pages are made by jinja2, which is not installed: pip install 'workerfuzz[report]'"
        ) from None
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """Fills in a template. Raises ReportUnavailable: jinja2 is not installed."""
    text: str = environment().get_template(template).render(values)
    return text
