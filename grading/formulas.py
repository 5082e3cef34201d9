"""TeX of the course as MathML: formulas that need neither a network nor a script."""

from functools import lru_cache

from latex2mathml.converter import convert


@lru_cache(4096)  # the formulas of an assignment are the same in every page of feedback
def formula(body: str, display: str) -> str:
    """A formula of the course's as MathML, which browsers show themselves; empty if it cannot be.

    Parameters
    ----------
    body : str
        TeX of an author's: what stands as text in it comes out as it is, markup too.
    display : {"block", "inline"}
    """
    for long, short in ((r"\lVert", "‖"), (r"\rVert", "‖"), (r"\_", "_")):
        body = body.replace(long, short)
    try:
        mathml = convert(body, display=display)
    except Exception:  # the package has many
        return ""
    return "" if "\\" in mathml else mathml
