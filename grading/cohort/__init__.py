"""A whole class: what is to be graded, where, and the one writer."""
