"""Planted secrets, and a real service that is given each of them wherever it could come from, while much goes wrong.

Whoever is told of the work (the log, Prometheus, a collector, Sentry, callers) is searched for them afterwards.
``scripts/canaries`` runs it in every form and prints what was found.
"""
