"""One submission, one notebook: arranged, run sealed, judged; plain values in and out."""
