"""After grading: the report, grades for other systems, answers that look alike."""
