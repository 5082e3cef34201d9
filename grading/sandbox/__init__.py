"""A Jupyter kernel inside bubblewrap: no network, no files of the host, no child processes."""
