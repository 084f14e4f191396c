"""A model that is asked within a budget, and never twice: what it has answered is kept."""

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import dspy
from dspy.lm15 import Message, Request, Response, Usage
from dspy.utils.exceptions import LMError

from soni.optimizing.kept import Kept
from soni.understanding.model.connection import Model, failure
from soni.understanding.model.failures import OF_THE_MESSAGE, ModelFailed

LONGEST: Final = 4000
"""Tokens of a proposal, at least: instructions are longer than commands."""

_OF_THE_MESSAGE: Final = frozenset({"unexpected", *OF_THE_MESSAGE})
"""Failures that say something about one message, and nothing about the next."""

_FIRST_WAIT: Final = 0.5
"""Seconds before the second try; doubled before each further one."""

_LONGEST_WAIT: Final = 60.0


# Optimizers go on after any Exception, with a score of zero for the example; these are none, so that they stop.
class Spent(BaseException):
    """The budget is spent."""


class Unanswered(BaseException):
    """The model does not answer any more, in words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Asking:
    """DSPy's engine for a model: answers from what is kept, or else asks, as long as the budget lasts.

    ``calls`` is what the whole work has cost, this time and before it was interrupted: the same work costs the same.
    """

    def __init__(
        self, model: Model, kept: Kept, most: int, retries: int = 2, told: Callable[[int], None] = lambda _: None
    ) -> None:
        """``most`` calls; ``told`` is told how many there were, after each."""
        self.limit = most
        """Calls that may be made for now."""
        self.calls = kept.failures
        self.asked = 0
        """Calls that were made by this process."""
        self._model = model
        self._kept = kept
        self._retries = retries
        self._told = told
        self._used: set[str] = set()
        self._times: Counter[str] = Counter()
        kwargs = model.lm.kwargs
        self.lm: Any = dspy.LM(
            model.lm.model,
            temperature=kwargs.get("temperature"),
            max_tokens=kwargs.get("max_tokens") or kwargs.get("max_completion_tokens"),
            cache=False,
            num_retries=0,
            engine=self,
        )
        """For programs."""

    def proposer(self) -> Any:
        """The same model, for proposals: longer answers, and another one each time."""
        kwargs = self.lm.kwargs
        if kwargs.get("temperature") is None:
            return self.lm.copy()  # a reasoning model: it takes neither
        return self.lm.copy(temperature=1.0, max_tokens=max(LONGEST, kwargs.get("max_tokens") or 0))

    def complete(self, request: Request) -> Response:
        """The answer. Raises Spent, Unanswered, and LMError where it is the message that the model does not take."""
        key = self._key(request)
        if (known := self._kept.answers.get(key)) is None:
            answer = self._ask(request)
            self._kept.add(key, answer)
            self._used.add(key)
        else:
            if key not in self._used:
                self._pay()
                self._used.add(key)
            answer = known
        return Response(None, request.model, Message.assistant(answer), "stop", Usage())

    def close(self) -> None:
        """Close the model's connections."""
        self._model.lm.close()

    def _key(self, request: Request) -> str:
        """Of the model and all it is told; the same question may have another answer each time where chance has a say."""
        told = json.dumps(asdict(request), sort_keys=True, default=str)
        key = hashlib.sha256(told.encode()).hexdigest()
        if not request.config.temperature:
            return key
        self._times[key] += 1
        return f"{key}:{self._times[key]}"

    def _ask(self, request: Request) -> str:
        for attempt in range(self._retries + 1):
            self._pay()
            self.asked += 1
            try:
                response = self._model.lm(request)
            except LMError as error:
                failed = failure(error, self._model.name)
                self._kept.add_failure(failed.reason)
                if failed.reason in _OF_THE_MESSAGE:
                    raise
                if attempt == self._retries or not failed.worth_retrying:
                    raise Unanswered(failed.message) from error
                time.sleep(_wait(failed, attempt))
            else:
                return str(response.message.text or "")
        raise AssertionError("unreachable")

    def _pay(self) -> None:
        if self.calls >= self.limit:
            raise Spent
        self.calls += 1
        self._told(self.calls)


def _wait(failed: ModelFailed, attempt: int) -> float:
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads calls, hides nothing
    wanted = failed.retry_after if failed.retry_after is not None else _FIRST_WAIT * 2.0**attempt * jitter
    return min(wanted, _LONGEST_WAIT)
