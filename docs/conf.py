"""How Sphinx builds the documentation: `make docs`. Links and anchors that lead nowhere end the build."""

project = "CultureBridge"
copyright = "CultureBridge"  # noqa: A001 - Sphinx's own name
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/**/*.md",
    "docs/*.md",
]
exclude_patterns = ["docs/site", ".venv", "tests", "app", "worker", "sandbox", "bench", "migrations"]
extensions = ["myst_parser"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # answers are shortened with …, which is no JSON
html_theme = "furo"
html_title = "CultureBridge"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
templates_path = ["templates"]
html_additional_pages = {"index": "to_first_page.html"}
