"""Who understands, as the settings name them; only what is named is imported."""

from soni.config.models import SoniConfig
from soni.understanding.base import Understander


def open_understander(config: SoniConfig) -> Understander:
    """The understander of an assistant, trained on its examples. It takes the processor a while: call it in a thread.

    Every provider is answered for by the embedded understanding, and ``soni validate`` says so.
    """
    from soni.understanding.embedded.understander import build

    return build(config)
