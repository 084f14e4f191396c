"""The actions of an assistant while it is tested: stubs where the test has some, and a record of every call."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from soni.actions.marks import ActionContext
from soni.actions.registry import Function, Registered, Registry
from soni.actions.runner import as_value
from soni.actions.webhook import Webhooks
from soni.config.models import SoniConfig, Webhook
from soni.config.values import FrozenDict
from soni.testing.conversations import Stub
from soni.testing.expectations import Called

_CONTEXT: Final = "(context)"  # no input can have this name


class StubFailure(Exception):
    """An action fails because the test says so."""


class Recorder:
    """Stands between the assistant and its actions.

    Validators and normalizers are left alone. ``webhooks`` calls the actions that are a call over HTTP.
    """

    def __init__(self, config: SoniConfig, registry: Registry, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._stubs: dict[str, list[Stub]] = {}
        self.calls: list[Called] = []
        """Since the test began; an attempt that fails is a call too."""
        remote = {name: spec.http for name, spec in config.actions.items() if spec.http is not None}
        local = {name: registered for name, registered in registry.actions.items() if name not in remote}
        registered = {**local, **{name: self._remote(webhook) for name, webhook in remote.items()}}
        declared = {name: spec.input_names for name, spec in config.actions.items()}
        actions = {name: self._recorded(name, each, declared.get(name, ())) for name, each in registered.items()}
        self.registry = replace(registry, actions=actions)
        """What takes the place of the assistant's own."""
        specs = {name: spec.model_copy(update={"http": None}) for name, spec in config.actions.items()}
        self.config = config.model_copy(update={"actions": FrozenDict(specs)})
        """The assistant, with all its actions in the registry."""

    def begin(self, stubs: Mapping[str, Sequence[Stub]]) -> None:
        """A new test; the last of an action's stubs is for all calls that follow."""
        self._stubs = {name: list(of_action) for name, of_action in stubs.items()}
        self.calls.clear()

    def _recorded(self, name: str, registered: Registered, declared: Sequence[str]) -> Registered:
        async def call(**given: object) -> object:
            inputs = {key: as_value(given[key]) for key in declared if key in given}
            self.calls.append(Called(name, inputs))
            if not (stubs := self._stubs.get(name)):
                return await _call(registered, given)
            stub = stubs.pop(0) if len(stubs) > 1 else stubs[0]
            if stub.error is not None:
                raise StubFailure(stub.error)
            return stub.outputs

        return replace(registered, function=call, is_async=True)

    def _remote(self, webhook: Webhook) -> Registered:
        async def call(**given: object) -> object:
            context = given.pop(_CONTEXT)
            assert isinstance(context, ActionContext)
            inputs = {name: as_value(value) for name, value in given.items()}
            return await self._webhooks.call(webhook, inputs, context.idempotency_key)

        return Registered(call, is_async=True, context=_CONTEXT, anything=True)


async def _call(registered: Registered, given: Mapping[str, object]) -> object:
    function: Function = registered.function
    if not registered.is_async:
        return await asyncio.to_thread(function, **given)
    result = function(**given)
    assert inspect.isawaitable(result)
    return await result
