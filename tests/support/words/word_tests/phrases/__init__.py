"""Hidden tests of ``1_phrases.ipynb``."""

from grading.marking import Lecture

PAGE = "lectures/words.md"
WORD = Lecture(PAGE, "What a word is")
COUNTING = Lecture(PAGE, "Counting")
LINES = Lecture(PAGE, "Lines")

QUESTIONS = ("words_of", "most_common", "unwrap")
SERIES = {"WO": 2, "MC": 3, "UN": 3}
LEFT_OUT = {"MC-03": "the words in another order: a dict with the same counts is right"}
