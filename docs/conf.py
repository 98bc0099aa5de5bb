"""Settings of the documentation."""

from pdesolve._version import __version__

project = "pde-margin"
author = "the pde-margin authors"
copyright = f"2026, {author}"
release = version = __version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_in_temp = False
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
autodoc_member_order = "groupwise"
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "pde-margin"
html_theme_options = {"show_prev_next": False, "header_links_before_dropdown": 7}
html_sidebars = {"**": []}
