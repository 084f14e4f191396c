"""Learning: examples out of conversations and triggers, scores of any understander, and programs that optimizers tune.

Nothing is imported with the package: DSPy takes two seconds, and only ``soni optimize`` needs it.
"""
