"""nbgrader for students; it is read where JupyterLab, or `nbgrader validate`, is started."""

from handout.validation import install

install()
