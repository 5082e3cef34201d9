"""What students get, and what makes Validate true where they work."""
