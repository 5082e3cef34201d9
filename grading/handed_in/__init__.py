"""What a student handed in, read without trusting any of it."""
