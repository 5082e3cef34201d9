"""Hidden tests of a course on words: no arrays, no figures, other folders than most."""

from grading.marking import Catalogue

catalogue = Catalogue(
    __name__,
    explanations=(
        (
            "'list' object has no attribute 'lower'",
            "lower() belongs to a text: call it on each text of the list.",
        ),
    ),
)
grade = catalogue.grade
