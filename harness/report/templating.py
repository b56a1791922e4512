"""HTML pages made by jinja2. Everything that is put in is escaped."""

from importlib.resources import files

import jinja2


def resource(name: str) -> str:
    """Return the text of a file that stands beside the templates."""
    path = files("workerfuzz.harness.report") / "templates" / name
    return path.read_text(encoding="utf-8")


def environment() -> jinja2.Environment:
    """Return an environment that escapes all texts, unless a template says ``safe``."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Fill in a template."""
    return environment().get_template(template).render(values)
