"""What CONTRIBUTING.md and tests/README.md say is where, is there."""

import re

import pytest

from tests.support import REPOSITORY

PLACE = re.compile(r"`((?:[\w.]+/)+[\w.]*|[\w]+\.(?:py|toml|txt|yml))`")


@pytest.mark.parametrize(
    ("page", "folder"), [("CONTRIBUTING.md", "."), ("tests/README.md", "tests")]
)
def test_every_place_that_a_map_names_is_there(page, folder):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    places = [place for place in PLACE.findall(text) if "NOTEBOOK" not in place]
    known = [REPOSITORY, REPOSITORY / folder, *(REPOSITORY / "grading").rglob("*/")]
    missing = [place for place in places if not any((one / place).exists() for one in known)]
    assert len(places) > 10
    assert missing == []
