"""What the assistant says: templates, variations, conditions, languages, buttons."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from soni.config.models import ResponseVariant, SoniConfig
from soni.config.steps import Button as WrittenButton
from soni.dialogue.state import Button, Utterance, Wording
from soni.errors import FlowError
from soni.expressions import Expression
from soni.templates import Template, plain
from soni.value import Value


@dataclass(frozen=True)
class Responses:
    """An assistant's responses, by name."""

    variants: Mapping[str, Sequence[ResponseVariant]]
    default_language: str

    @classmethod
    def of(cls, config: SoniConfig) -> "Responses":
        """The responses as they are written."""
        return cls(config.responses, config.settings.i18n.default_language)

    def say(self, name: str, scope: Mapping[str, Value], *, language: str, seed: str) -> Utterance:
        """A response in words.

        The first variant whose language and condition fit; a variant in another language only where there is none in
        this one, nor in the default one. ``seed`` chooses among variations: the same seed, the same words. Raises
        FlowError where no variant's condition holds.
        """
        variants = [v for v in self.variants[name] if v.when is None or v.when.holds(scope)]
        if not variants:
            raise FlowError(f"No variant of the response {name!r} applies.")
        chosen = min(variants, key=lambda variant: self._distance(variant.language, language))
        texts = (chosen.text, *chosen.variations)
        text = texts[random.Random(f"{seed}:{name}").randrange(len(texts))] if len(texts) > 1 else texts[0]  # noqa: S311 - words, not secrets
        return compose(
            text, scope, buttons=chosen.buttons, image=chosen.image, custom=chosen.custom, response=name,
            rephrase=chosen.rephrase,
        )  # fmt: skip

    def _distance(self, written: str | None, wanted: str) -> int:
        """0 for the wanted language, 1 for one that fits all or the default, 2 for any other; ties go to the first."""
        if written == wanted:
            return 0
        return 1 if written in (None, self.default_language) else 2


def compose(
    text: Template | None,
    scope: Mapping[str, Value],
    *,
    buttons: Sequence[WrittenButton] | Expression | Value = (),
    image: Template | None = None,
    custom: Mapping[str, Value] | None = None,
    response: str | None = None,
    question: bool = False,
    rephrase: bool = True,
) -> Utterance:
    """A message with its templates filled in; ``rephrase`` tells that a model may say it in other words."""
    return Utterance(
        text=text.render(scope) if text is not None else "",
        buttons=_buttons(buttons, scope),
        image=image.render(scope) if image is not None else None,
        custom=custom,
        response=response,
        question=question,
        wording=Wording(text.text, text.values(scope)) if text is not None and rephrase else None,
    )


def _buttons(written: Sequence[WrittenButton] | Expression | Value, scope: Mapping[str, Value]) -> tuple[Button, ...]:
    """Buttons as written, or computed: an expression gives a list of texts or of ``{"title", "payload"}``."""
    if not written:
        return ()
    if isinstance(written, tuple):
        return tuple(Button(b.title.render(scope), _one_line(b.payload.render(scope))) for b in written)
    computed = written.evaluate(scope) if isinstance(written, Expression) else written
    buttons = []
    for each in computed if isinstance(computed, list) else ():
        if isinstance(each, dict):
            title = plain(each.get("title"))
            buttons.append(Button(title, _one_line(plain(each.get("payload")) or title)))
        else:
            buttons.append(Button(plain(each), _one_line(plain(each))))
    return tuple(buttons)


def _one_line(payload: str) -> str:
    """A line break that a value brings must not begin another command."""
    return " ".join(payload.splitlines())
