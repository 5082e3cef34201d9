"""The one nbgrader configuration of this course. Another course can copy it, with its own names."""

from grading.plugin.configure import configure

c = get_config()  # noqa: F821 - traitlets defines it
configure(c)

c.CourseDirectory.course_id = "improving-deep-neural-networks"
c.HiddenTests.folders = ["."]  # what graded cells import lies here
c.HiddenTests.package = "grader_tests"  # whose catalogue lists the questions
