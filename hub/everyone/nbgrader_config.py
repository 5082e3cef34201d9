"""nbgrader for everybody on the hub."""

import os

c = get_config()  # noqa: F821 - traitlets defines it
c.Exchange.root = os.environ["NBGRADER_EXCHANGE"]
c.Exchange.path_includes_course = True  # two courses may have an assignment of the same name
c.Validator.validate_all = True  # nbgrader's own counts graded cells only: none is handed out
