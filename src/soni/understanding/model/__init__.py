"""Understanding by a language model, through DSPy: it proposes commands, and nothing more."""
