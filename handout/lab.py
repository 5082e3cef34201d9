"""JupyterLab for students: the command ``course``, from whatever folder.

It begins with the start page, shows Markdown as it is meant to be read, folds in exported pages
what it folds itself, and has neither news nor the tools of instructors, by the settings in
``handout/jupyter/``.
"""

import os
import sys
from pathlib import Path

from jupyterlab.labapp import main as jupyterlab

SETTINGS = Path(__file__).with_name("jupyter")
START = "START.md"


def main() -> None:
    """Open JupyterLab in the folder that this was installed from, else in that of the terminal."""
    if (SETTINGS.parents[1] / START).exists():
        os.chdir(SETTINGS.parents[1])
    elif not Path(START).exists():
        sys.exit(f"There is no {START} here. Open a terminal in the folder that has it, and again.")
    for name in ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH"):
        places = (str(SETTINGS), os.environ.get(name))
        os.environ[name] = os.pathsep.join(filter(None, places))
    jupyterlab()
