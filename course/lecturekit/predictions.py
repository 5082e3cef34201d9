"""The answers to predictions; each stands with its figure, in an output that is stored folded."""

from IPython.display import Markdown, display


def answer(choice: str, because: str) -> None:
    """Show the letter of the right choice and, in a sentence, what one sees it by."""
    display(Markdown(f"**Answer: {choice}.** {because}"))
