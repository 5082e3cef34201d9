"""nbgrader's side: its commands, its gradebook, its settings."""
