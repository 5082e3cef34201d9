"""The nbgrader configuration of a course on words."""

from grading.plugin.configure import configured

with configured(get_config()) as c:  # noqa: F821 - traitlets defines it
    c.CourseDirectory.course_id = "words"
    c.HiddenTests.folders = ["."]
    c.HiddenTests.package = "word_tests"
    c.SealedExecute.timeout = 8
    c.SealedExecute.question_timeout = 8
