"""Settings of the site that `make site` builds from the notebooks as they are stored.

Nothing is run but what sliders show, and nothing is asked for in the network: formulas are MathML,
and the theme has its own fonts.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# A public repository on GitHub, `owner/name`, from which Binder and Colab take notebooks. It may be
# this one, or one that has what is in the zip for students. Without it there are no such links.
REPOSITORY = os.environ.get("COURSE_REPOSITORY", "")

project = html_title = "Improving deep neural networks"
copyright = "CC BY 4.0"
root_doc = "index"
exclude_patterns = ["course/lecturekit"]
extensions = ["myst_nb", "pages"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "pages.jupyterlab_anchor"
suppress_warnings = ["misc.highlighting_failure"]  # two columns of code, or a table of data
nb_execution_mode = "off"
nb_code_prompt_show = nb_code_prompt_hide = "{type}"  # of a fold; pages.py has its words
nb_ipywidgets_js = {}  # sliders have frames: sliders.py
html_math_renderer = "mathml"
html_theme = "sphinx_book_theme"
templates_path = [str(HERE / "templates")]
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_js_files = [("sliders.js", {"defer": "defer"})]
html_theme_options = {
    "use_download_button": True,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "navbar_persistent": [],  # one search, at the side
}
if REPOSITORY:
    html_theme_options |= {
        "repository_url": f"https://github.com/{REPOSITORY}",
        "repository_branch": "main",
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
            "notebook_interface": "jupyterlab",
        },
    }
