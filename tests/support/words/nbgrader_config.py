"""The nbgrader configuration of a course on words."""

try:
    from grading.plugin.configure import configured
except Exception as error:  # nbgrader would go on without it, and run student code unsealed
    raise SystemExit(f"Nothing was done: {error}. Run make setup, and use .venv/bin.") from None

with configured(get_config()) as c:  # noqa: F821 - traitlets defines it
    c.CourseDirectory.course_id = "words"
    c.HiddenTests.folders = ["."]
    c.HiddenTests.package = "word_tests"
    c.SealedExecute.timeout = 8
    c.SealedExecute.question_timeout = 8
