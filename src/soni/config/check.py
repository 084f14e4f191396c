"""Cross-references: whether all that an assistant names is there, and what it says fits together."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from soni.config.check_flows import check_flows
from soni.config.check_slots import check_slots
from soni.config.check_unset import check_unset
from soni.config.contexts import ANY
from soni.config.models import SoniConfig
from soni.config.problems import MORE, MOST, Damage, Finding, Route, nearest, unknown
from soni.config.scene import Names, Scene
from soni.config.settings import INACTIVE, MODEL_SHARE, OF_A_MODEL, PROVIDERS, Settings
from soni.config.steps import Action
from soni.config.values import format_duration


def check(config: SoniConfig, names: Names | None = None, damage: Damage | None = None) -> list[Finding]:
    """What is to be said about how the parts of an assistant fit together, MOST of it at once.

    Where ``config`` is a part of the assistant only, ``names`` is what all of it names, ``damage`` where it is missing.
    """
    names = names or Names(
        frozenset(config.flows), frozenset(config.slots), frozenset(config.actions), frozenset(config.responses)
    )
    scene = Scene(config, names, damage or Damage())
    # One after the other, and no further than is told: finding the nearest name is what costs.
    checks = (_settings, check_slots, _responses, _actions, check_flows, check_unset)
    findings = (finding for look in checks for finding in look(scene) if not _doubtful(scene, finding))
    told = list(islice(findings, MOST))
    return [*told, MORE] if next(findings, None) is not None else told


_FROM_ABSENCE: Final = frozenset({"nothing-to-ask", "uncovered-case", "missing-input", "empty-steps"})


def _doubtful(scene: Scene, finding: Finding) -> bool:
    """Whether it concludes from what is not there, where something beside it could not be read."""
    return finding.code in _FROM_ABSENCE and not scene.whole(*finding.route[:-1])


def _settings(scene: Scene) -> Iterator[Finding]:
    settings = scene.config.settings
    conversation, security = settings.conversation, settings.security
    for key, flow in (("default_flow", conversation.default_flow), ("fallback_flow", conversation.fallback_flow)):
        if flow is not None:
            yield from scene.flow_name(("settings", "conversation", key), flow)
    if conversation.on_no_progress == "fallback" and conversation.fallback_flow is None:
        route: Route = ("settings", "conversation", "on_no_progress")
        yield Finding(route, "there is no 'fallback_flow' to fall back on", code="missing-key")
    for number, name in enumerate(security.blocked_intents):
        yield from scene.flow_name(("settings", "security", "blocked_intents", number), name)
    for number, name in enumerate(security.allowed_actions):
        route = ("settings", "security", "allowed_actions", number)
        yield from unknown("action", route, name, scene.names.actions)
    yield from _guardrails(scene)
    yield from _model_name(settings)
    yield from _model_time(settings)
    yield from _inactive(settings)


def _guardrails(scene: Scene) -> Iterator[Finding]:
    """Guardrails that nobody keeps, and steps that they always make fail."""
    security = scene.config.settings.security
    for key in ("allowed_actions", "blocked_intents"):
        if getattr(security, key) and not security.enable_guardrails:
            message = "this setting has no effect: enable_guardrails is false"
            yield Finding(("settings", "security", key), message, severity="warning", code="inactive-setting")
    if not security.enable_guardrails or not security.allowed_actions:
        return
    for name, flow in scene.config.flows.items():
        calls = dict.fromkeys(step.call for step in flow.walk() if isinstance(step, Action))
        for action in calls:
            if action in scene.names.actions and action not in security.allowed_actions:
                message = (
                    f"the flow {name!r} runs the action {action!r}, which is not among them: its step always fails"
                )
                route: Route = ("settings", "security", "allowed_actions")
                yield Finding(route, message, severity="warning", code="forbidden-action")


def _model_name(settings: Settings) -> Iterator[Finding]:
    """A name that is nobody's may be a server of one's own; or a slip, and its key would not be found."""
    nlu = settings.models.nlu
    if nlu.provider not in PROVIDERS and (near := nearest(nlu.provider, PROVIDERS, 75)) is not None:
        message = f"{nlu.provider!r} is taken for a server of your own"
        yield Finding(("settings", "models", "nlu", "provider"), message, near, severity="warning", code="unknown-name")


def _model_time(settings: Settings) -> Iterator[Finding]:
    """A model gets no more time than the turn leaves it."""
    nlu, turn = settings.models.nlu, settings.runtime.turn_timeout
    most = MODEL_SHARE * turn
    if nlu.provider != "embedded" and nlu.timeout > most:
        message = (
            f"a turn takes at most {format_duration(turn)} (runtime.turn_timeout), of which the model gets"
            f" {format_duration(most)}, and not {format_duration(nlu.timeout)}"
        )
        yield Finding(("settings", "models", "nlu", "timeout"), message, severity="warning", code="inactive-setting")


def _inactive(settings: Settings) -> Iterator[Finding]:
    """Settings that are not acted on."""
    for path, instead in INACTIVE.items():
        if _at(settings, path) != _at(_DEFAULTS, path):
            message = f"this setting has no effect yet: {instead}"
            yield Finding(("settings", *path.split(".")), message, severity="note", code="inactive-setting")
    if settings.models.nlu.provider == "embedded":
        for path, why in OF_A_MODEL.items():
            if _at(settings, path) != _at(_DEFAULTS, path):
                message = f"this setting has no effect: {why}; models.nlu.provider names another"
                yield Finding(("settings", *path.split(".")), message, severity="note", code="inactive-setting")


_DEFAULTS: Final = Settings()


def _at(settings: Settings, path: str) -> object:
    value: object = settings
    for key in path.split("."):
        value = getattr(value, key)
    return value


def _responses(scene: Scene) -> Iterator[Finding]:
    spoken = scene.config.settings.i18n.supported_languages
    for name, variants in scene.config.responses.items():
        # Whether 'context' may be read at all is known where the response is said.
        context = scene.said_in.get(name, ANY)
        for number, variant in enumerate(variants):
            route: Route = ("responses", name, number)
            yield from scene.reads((*route, "text"), variant.text, context)
            for at, text in enumerate(variant.variations):
                yield from scene.reads((*route, "variations", at), text, context)
            yield from scene.reads((*route, "when"), variant.when, context)
            yield from scene.reads((*route, "image"), variant.image, context)
            yield from scene.buttons((*route, "buttons"), variant.buttons, context)
            if variant.language is not None and variant.language not in spoken:
                message = f"{variant.language!r} is none of settings.i18n.supported_languages: {', '.join(spoken)}"
                route = (*route, "language")
                yield Finding(route, message, nearest(variant.language, spoken), code="unknown-language")


def _actions(scene: Scene) -> Iterator[Finding]:
    """Inputs and outputs are parameters of a function, each once."""
    for name, action in scene.config.actions.items():
        for key, parameters in (("inputs", action.input_names), ("outputs", action.outputs)):
            for number, parameter in enumerate(parameters):
                route: Route = ("actions", name, key, number)
                if not parameter.isidentifier():
                    yield Finding(route, f"{parameter!r} cannot be the name of a parameter", code="bad-name")
                elif parameter in parameters[:number]:
                    yield Finding(route, f"{parameter!r} stands here twice", code="duplicate")
    if scene.whole("flows") and scene.whole("slots"):  # what could not be read might have kept it
        yield from _lost(scene)


def _lost(scene: Scene) -> Iterator[Finding]:
    """Outputs of actions that are run, where no slot has their name and no step maps them to one.

    An action must declare all that it gives, and an author need not want it all: a note, unless it looks like a slip.
    """
    slots = scene.names.slots
    lost = {
        name: [output for output in action.outputs if output not in slots]
        for name, action in scene.config.actions.items()
    }
    if not any(lost.values()):
        return
    steps = [step for flow in scene.config.flows.values() for step in flow.walk() if isinstance(step, Action)]
    for name, outputs in lost.items():
        calls = [step for step in steps if step.call == name]
        mapped = {output for step in calls for output in step.map_outputs}
        taken = {*scene.config.actions[name].outputs, *scene.config.actions[name].input_names}
        taken.update(slot for step in calls for slot in step.map_outputs.values())
        for output in outputs if calls else ():
            if output not in mapped:
                near = nearest(output, slots - taken, least=80)
                route: Route = ("actions", name, "outputs", scene.config.actions[name].outputs.index(output))
                message = (
                    f"no slot is called {output!r}, and no 'map_outputs' gives it one: what the action gives is lost"
                )
                yield Finding(route, message, near, severity="warning" if near else "note", code="lost-output")
