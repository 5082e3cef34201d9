"""Reference solutions of ``1_phrases.ipynb``."""

from __future__ import annotations

import re
from collections import Counter


def words_of(text):
    """Return the words of an English text in their order, in lower case.

    A word is made of letters; an apostrophe between letters belongs to it.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
    """
    return re.findall("[a-z]+(?:'[a-z]+)*", text.lower())


def most_common(text, n):
    """Return the words that occur most often, each with how often it does.

    Of words that occur equally often, the first in the alphabet come first.

    Parameters
    ----------
    text : str
    n : int
        How many words; all of them if there are fewer.

    Returns
    -------
    dict of str to int

    Raises
    ------
    ValueError
        If n is below 1.
    """
    if n < 1:
        raise ValueError("n must be 1 or more")
    counts = Counter(words_of(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return {word: counts[word] for word in ranked[:n]}


def unwrap(lines):
    """Return lines as one line of text.

    Lines are joined by a space, but a word that a hyphen cuts at a line's end becomes whole.

    Parameters
    ----------
    lines : list of str

    Returns
    -------
    str
    """
    text = "\n".join(lines)
    return text.replace("-\n", "").replace("\n", " ")
