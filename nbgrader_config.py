"""The one nbgrader configuration of this course. Another course can copy it, with its own names."""

from grading.plugin.configure import configured

with configured(get_config()) as c:  # noqa: F821 - traitlets defines it
    c.CourseDirectory.course_id = "improving-deep-neural-networks"
    c.HiddenTests.folders = ["."]  # what graded cells import lies here
    c.HiddenTests.package = "grader_tests"  # whose catalogue lists the questions
