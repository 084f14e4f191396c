"""Verification: what is told of flows, and what is not."""
