"""What is missing for a model is said when the assistant starts, in words."""

import sys

import pytest

from soni.config.settings import NLU
from soni.errors import ConfigurationError
from soni.understanding.model.connection import open_model


def test_azure_without_litellm_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images leave LiteLLM out; whoever names azure there hears how to have it, and no ImportError."""
    monkeypatch.setitem(sys.modules, "litellm", None)  # Python's own word for a module that is not there
    monkeypatch.setenv("AZURE_API_KEY", "key")

    with pytest.raises(ConfigurationError, match="needs the package litellm"):
        open_model(NLU(provider="azure", api_base="https://shop.openai.azure.com"))
