"""What holds for every test: no deadline for properties, and no blocking call of ours inside an event loop."""

import os
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

# Two cores are shared with whatever else runs: a slow example says nothing about the property.
settings.register_profile("soni", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("soni"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "soni"))


@pytest.fixture(scope="session", autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """A call that blocks the event loop fails, if code of ours made it, however far down; the command line may block."""
    guard = BlockBuster("soni", excluded_modules=["soni.testing", "soni.cli"])
    for function in guard.functions.values():
        function.can_block_in("soni/actions/runner.py", "_invoke")  # what an author's action does is the author's
    guard.activate()
    yield
    guard.deactivate()
