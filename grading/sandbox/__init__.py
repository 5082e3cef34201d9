"""A Jupyter kernel, sealed: no network, no files of the host, no child processes."""
