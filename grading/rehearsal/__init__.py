"""Before students come: the hidden tests' own exam, new questions, a made-up class."""
