"""Understanding by a language model, over real HTTP to a model that answers and fails as a test tells it."""
