"""The trusted process that runs graded cells, and what starts it."""
