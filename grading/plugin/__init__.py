"""nbgrader's side: one submission, sealed and judged, under nbgrader's own commands."""
