"""Grades out of the gradebook: question by question, for Canvas, for Moodle.

Plug-ins of nbgrader's own command, with its ``--to``, ``--assignment`` and ``--student``::

    nbgrader export --exporter=grading.results.exports.CanvasExporter --assignment=ps1

In all of them

* what is not scored is left empty, never 0, and a warning names the students;
* numbers have a decimal point, no thousands and no exponent;
* text that a spreadsheet would take for a formula gets an apostrophe in front;
* the file is UTF-8 and appears whole or not at all.

``docs/export.md`` says how to import the files.
"""

from grading.results.exports.canvas import CanvasExporter
from grading.results.exports.moodle import MoodleExporter
from grading.results.exports.questions import QuestionsExporter

__all__ = ["CanvasExporter", "MoodleExporter", "QuestionsExporter"]
