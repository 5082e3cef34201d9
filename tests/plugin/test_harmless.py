"""Markdown of students is shown only as far as a browser would run nothing of it."""

import pytest

from grading.plugin.arrange import _is_harmless


@pytest.mark.parametrize(
    ("markdown", "harmless"),
    [
        ("*text* [page](https://example.org) ![plot](plot.png) [here](#here) $x:y$ `a:b`", True),
        ("[mail](mailto:a@example.org) at 12:30 [file](a/b:c)", True),
        ("[link](javascript:alert(1))", False),
        ("[entity](java&#115;cript:alert(1))", False),
        ("[reference]\n\n[reference]: JavaScript:alert(1)", False),
        ("![picture](data:text/html,x)", False),
        ("![picture](attachment:picture.png)", False),
    ],
)
def test_links_that_run_something_are_recognised(markdown: str, harmless: bool) -> None:
    assert _is_harmless(markdown) is harmless
