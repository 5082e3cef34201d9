"""How an answer is judged: what authors of hidden tests import. NumPy only, no Jupyter."""
