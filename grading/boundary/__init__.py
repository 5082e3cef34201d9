"""What crosses between student code and the judge: questions, answers, and nothing else."""
