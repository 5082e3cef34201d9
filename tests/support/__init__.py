"""What tests of several kinds share."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
