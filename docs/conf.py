"""Configuration of the site: ``tox -e docs``, or ``sphinx-build -W docs DIR`` with the group `docs`."""

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from workerfuzz import __version__

project = "workerfuzz"
author = "the workerfuzz developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "findings/live", "pictures"]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_use_ivar = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"workerfuzz {version}"
html_static_path = ["_static"]
copybutton_prompt_text = "$ "

lexers["mermaid"] = TextLexer()  # shown as text: drawing it would need a script from elsewhere
