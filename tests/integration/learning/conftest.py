"""A shop, and the model it understands by."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from soni.config.loader import load_config
from soni.optimizing.gathering import gather
from soni.testing import FakeModel

from .shop import Teachable, open_shop


@pytest.fixture
def pupil() -> Teachable:
    """What answers in the model's place."""
    return Teachable()


@pytest.fixture
def model(pupil: Teachable) -> Iterator[FakeModel]:
    """The model."""
    with FakeModel(oracle=pupil) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, model: FakeModel, pupil: Teachable, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The assistant's file; the model knows what its conversations mean."""
    for name in ("OPENAI_API_KEY", "SONI_OPTIMIZED_DU_PATH", "SONI_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", sys.path[:])
    config = open_shop(tmp_path / "shop", model.api_base)
    gathered = gather(load_config(config), [config.parent], datetime(2050, 1, 3, 10, tzinfo=UTC))
    pupil.meant.update({each.said: each.commands for each in gathered.examples})
    return config
