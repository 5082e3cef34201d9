"""The answers to predictions; each stands with its figure, in an output that is stored folded."""

from html import escape

from IPython.display import display


def answer(choice: str, because: str) -> None:
    """Show the letter of the right choice and, in a sentence, what one sees it by.

    Where nothing folds outputs, on GitHub and in exported pages, the answer folds itself.
    """
    # Folded, JupyterLab shows the first line.
    folded = f"<b>{choice}.</b> {escape(because, quote=False)}\n</details>"
    html = f"<details><summary>Answer</summary>\n{folded}"
    display({"text/html": html, "text/plain": f"Answer:\n{choice}. {because}"}, raw=True)
