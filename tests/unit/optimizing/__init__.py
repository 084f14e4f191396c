"""Examples, how they are divided, scores, and what is kept of a model's answers."""
