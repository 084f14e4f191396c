"""Which flow a message is about: a softmax over the flows and none of them, on n-grams, learned with NumPy alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from soni.understanding.embedded.calibration import Calibration, calibrate, leave_one_out
from soni.understanding.embedded.features import Features, Floats, similarities, words
from soni.understanding.embedded.spelling import Spelling

REGULARISATION: Final = 0.03
"""Chosen on CLINC150's val among 0.01 to 0.3; accuracy moves by 0.005 in that range."""

ITERATIONS: Final = 40
"""After these the accuracy on val no longer moves."""

MAX_EXAMPLES: Final = 2000
"""Learning takes time with the third power of this; beyond it every flow gives its share, evenly spaced."""

UNSPOKEN: Final = 0.5
"""How much a description or a name counts beside an example."""


@dataclass(frozen=True, slots=True)
class Example:
    """A way to say what a flow is for."""

    text: str
    flow: str
    spoken: bool = True
    """False for a description or a name: nobody says it, so that it teaches but does not calibrate."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the classifier makes of a message."""

    familiarity: float
    """How sure it is that the message is about one of the flows at all; 0.6 is the calibrated border."""
    shares: tuple[tuple[str, float], ...]
    """How the flows divide that between them, the likeliest first; sums to one."""

    def confidence(self, flow: str) -> float:
        """How sure it is that exactly this flow is meant."""
        return self.familiarity * next((share for name, share in self.shares if name == flow), 0.0)


class Classifier:
    """Learned once when the assistant loads; pure and equal on every run."""

    def __init__(
        self, examples: Sequence[Example], common: Collection[str] = (), commands: Collection[str] = ()
    ) -> None:
        """``common`` words say little; those of ``commands`` are never slips of words of the examples."""
        kept = _thinned(examples)
        self.flows: tuple[str, ...] = tuple(dict.fromkeys(example.flow for example in kept))
        self._features = Features([example.text for example in kept], common)
        self._spelling = Spelling(self._features.single_words(), common, commands)
        self._weights: Floats = np.zeros((len(self._features), len(self.flows)), np.float32)
        self._calibration = Calibration.untrained()
        if not kept:
            return
        meant = np.array([self.flows.index(example.flow) for example in kept])
        spoken = np.array([example.spoken for example in kept])
        alike = similarities(self._features.rows, len(self._features))
        targets: Floats = np.eye(len(self.flows), dtype=np.float32)[meant]
        importance: Floats = np.where(spoken, 1.0, UNSPOKEN).astype(np.float32)
        duals = fit(alike, targets, importance)
        for row, dual in zip(self._features.rows, duals, strict=True):
            self._weights[row.ids] += row.weights[:, None] * dual
        fitted = alike @ duals
        self._calibration = calibrate(fitted, leave_one_out(alike, duals, REGULARISATION), meant, spoken)

    def guess(self, text: str) -> Guess:
        """What this text is about; about 0.1 ms."""
        if not self.flows:
            return Guess(0.0, ())
        row = self._features.row(self.mended(text))
        scores: Floats = row.weights @ self._weights[row.ids]
        shares = self._calibration.shares(scores)
        order = np.argsort(-shares, kind="stable")
        ranked = tuple((self.flows[at], float(shares[at])) for at in order)
        return Guess(self._calibration.familiarity(float(scores.max())), ranked)

    def mended(self, text: str) -> list[str]:
        """The words of a text without slips of the finger."""
        return self._spelling.mend(words(text))

    def knows_any(self, text: str) -> bool:
        """Whether some word of the text is common, or known from an example."""
        return any(self._spelling.knows(word) for word in self.mended(text))


def fit(
    alike: Floats,
    targets: Floats,
    importance: Floats,
    *,
    regularisation: float = REGULARISATION,
    none: float | None = None,
    iterations: int = ITERATIONS,
) -> Floats:
    """Dual weights, one row an example and one column a flow, of the regularised softmax.

    The softmax has one more class, none of them, whose score is fixed at ``none``, the logarithm of the number of flows
    where it is left out: a message with nothing known in it is none of them with probability one half, however many
    flows there are.

    Every step uses the same upper bound of the curvature (a half), whose inverse is computed once, and momentum.
    """
    count, flows = targets.shape
    inverse: Floats = np.linalg.inv(0.5 * alike + regularisation * np.eye(count, dtype=np.float32)).astype(np.float32)
    nobody = float(np.log(flows)) if none is None else none
    duals: Floats = np.zeros_like(targets)
    ahead, momentum = duals, 1.0
    for _ in range(iterations):
        residual = importance[:, None] * (targets - _softmax(alike @ ahead, nobody))
        stepped = ahead + inverse @ (residual - regularisation * ahead)
        following = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
        ahead = stepped + np.float32((momentum - 1) / following) * (stepped - duals)
        duals, momentum = stepped, following
    return duals


def _softmax(scores: Floats, none: float) -> Floats:
    """Probabilities of the flows; what is missing to one is none of them."""
    highest = np.maximum(scores.max(axis=1, keepdims=True), np.float32(none))
    powers = np.exp(scores - highest)
    probabilities: Floats = powers / (powers.sum(axis=1, keepdims=True) + np.exp(np.float32(none) - highest))
    return probabilities


def _thinned(examples: Sequence[Example]) -> list[Example]:
    """The examples, without those that say the same of the same flow, and evenly fewer where there are too many."""
    unique = list(dict.fromkeys(examples))
    if len(unique) <= MAX_EXAMPLES:
        return unique
    by_flow: dict[str, list[Example]] = {}
    for example in unique:
        by_flow.setdefault(example.flow, []).append(example)
    share = max(1, MAX_EXAMPLES // len(by_flow))
    return [
        each[at * len(each) // min(share, len(each))]
        for each in by_flow.values()
        for at in range(min(share, len(each)))
    ]
