"""Notebooks as people hand them in: what Run All does is what is graded."""
