"""Scoring and learning, over real HTTP to a model that learns from examples and instructions as a test tells it."""
