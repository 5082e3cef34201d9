"""Markdown of students is shown only as far as a browser would run nothing of it."""

import time

import pytest
from nbconvert.filters import markdown2html

from grading.grade.markdown import StudentsMarkdown, _is_harmless


class Cleaned(list[int]):
    """Stands for what sanitises, and takes down how much it was given."""

    def sanitize_html_tags(self, text: str) -> str:
        self.append(len(text))
        return text


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


@pytest.mark.parametrize("lengths", [[60_000], [900] * 1000, [10, 20_000, 10], [14_000] * 4])
def test_the_squares_of_the_lengths_that_are_rendered_have_a_bound(
    lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = Cleaned()
    monkeypatch.setattr("grading.grade.markdown.markdown2html", lambda text: "")
    markdown = StudentsMarkdown(cleaned)
    shown = [markdown.shown("$\\\\[" * (length // 4)) for length in lengths]
    assert sum(length**2 for length in cleaned) <= 200_000_000
    assert len(cleaned) == sum(not text.startswith("<pre>") for text in shown)
    if len(lengths) == 3:
        assert cleaned == [8, 8]  # one that is too long costs no other


def test_what_is_not_rendered_costs_no_more_in_feedback() -> None:
    """Ten times as much of what takes the square of its length takes no hundred times as long."""

    def seconds(length: int) -> float:
        start = time.process_time()
        page = markdown2html(StudentsMarkdown(Cleaned(), room=0).shown("\\\\[\n\n" * length))
        assert "&#92;" in page or "\\\\[" in page
        return time.process_time() - start

    markdown2html("")
    assert seconds(40_000) < 30 * max(seconds(4_000), 0.005)
