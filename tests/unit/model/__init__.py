"""The language model as an understander: what it is told, what it answers, and how long it is waited for."""
