"""What a score is worth: the border between one of the flows and none of them, found on the author's own examples."""

from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
import numpy.typing as npt

from soni.understanding.embedded.features import Floats

BORDER: Final = 0.6
"""The familiarity of a message at the border; the default of ``settings.models.nlu.threshold``."""

TYPICAL: Final = 0.95
"""The familiarity of a message like the author's own examples."""

_MISSED: Final = 0.03
"""The share of the author's examples that may fall below the border when each is judged without itself."""

_PRIOR: Final = 100.0
"""How many examples the prior counts for: with few of them, their own scores say little."""

_PRIOR_BORDER, _PRIOR_TYPICAL = 0.23, 0.5
"""Parts of the score an example has while it is learned, from small assistants cut out of CLINC150 (2 to 12 flows, 3 to 8 examples)."""

_CURVATURE: Final = 0.02
"""Mean of p(1 - p); with it the closed form agrees with leaving out for real (tried on 15 to 1,500 examples)."""

_TEMPERATURES: Final = tuple(0.3 * 1.15**step for step in range(13))


@dataclass(frozen=True, slots=True)
class Calibration:
    """From scores to what they mean."""

    border: float
    """The score at which a message is as likely to be refused."""
    typical: float
    """The score of a message like the examples; above the border."""
    temperature: float
    """Divides scores before flows are compared."""

    @classmethod
    def untrained(cls) -> "Calibration":
        """For an assistant without flows."""
        return cls(1.0, 2.0, 1.0)

    def familiarity(self, score: float) -> float:
        """0 to 1: 0.6 at the border, 0.95 for a typical message."""
        steepness = (_logit(TYPICAL) - _logit(BORDER)) / (self.typical - self.border)
        return 1 / (1 + exp(-max(-30.0, min(30.0, _logit(BORDER) + steepness * (score - self.border)))))

    def shares(self, scores: Floats) -> Floats:
        """How likely each flow is, if it is one of them."""
        shares: Floats = _softmax(scores[None, :] / np.float32(self.temperature))[0]
        return shares


def leave_one_out(alike: Floats, duals: Floats, regularisation: float) -> Floats:
    """The scores each example would get had it not been learned, n by flows, to second order, without learning n times."""
    count = len(alike)
    inverse = np.linalg.inv(regularisation * np.eye(count, dtype=np.float32) + np.float32(_CURVATURE) * alike)
    spread = (1 - regularisation * np.diagonal(inverse)) / _CURVATURE
    own = spread / (1 - _CURVATURE * spread)
    left_out: Floats = (alike @ duals - regularisation * duals * own[:, None]).astype(np.float32)
    return left_out


def calibrate(
    fitted: Floats, left_out: Floats, meant: npt.NDArray[np.intp], spoken: npt.NDArray[np.bool_]
) -> Calibration:
    """Border, typical score and temperature from the examples' scores with and without themselves (both n by flows)."""
    among = spoken if spoken.any() else np.ones_like(spoken)
    learned = quantile(fitted[among].max(axis=1), 0.5)
    # The only example of a flow, left out, leaves a flow that nobody knows.
    judged = among & (np.bincount(meant)[meant] > 1)
    weight = float(judged.sum()) / (float(judged.sum()) + _PRIOR)
    border, typical = _PRIOR_BORDER * learned, _PRIOR_TYPICAL * learned
    temperature = 1.0
    if judged.any():
        scores = left_out[judged].max(axis=1)
        border += weight * (quantile(scores, _MISSED) - border)
        typical += weight * (quantile(scores, 0.5) - typical)
        temperature = _temperature(left_out[judged], meant[judged], weight)
    return Calibration(border, max(typical, 1.25 * border), temperature)


def _temperature(scores: Floats, meant: npt.NDArray[np.intp], weight: float) -> float:
    """The temperature that makes shares honest, drawn towards one where examples are few."""

    def surprise(temperature: float) -> float:
        shares = _softmax(scores / np.float32(temperature))
        return -float(np.log(shares[np.arange(len(meant)), meant] + 1e-9).mean())

    best = min(_TEMPERATURES, key=surprise)
    return exp(weight * log(best))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def quantile(scores: Floats, share: float) -> float:
    """As ``np.quantile``, linear between neighbours; that one imports masked arrays, 75 ms that every start would pay."""
    ordered = np.sort(scores)
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (at - below) * (ordered[above] - ordered[below]))


def _logit(probability: float) -> float:
    return log(probability / (1 - probability))
