"""Reference solutions in pure NumPy, one module for each assignment notebook."""
