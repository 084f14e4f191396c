"""A turn: understand, apply, advance, respond, and recover. Everything happens on a draft."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from soni.compiler.acting import HalfDone
from soni.compiler.assistant import Assistant
from soni.confidential import hear
from soni.dialogue import repair
from soni.dialogue.admission import NAMES, Dropped, admit, refusal
from soni.dialogue.clarifying import asks_itself, close_choice, offer, turn_to_flow
from soni.dialogue.commands import (
    AskInfo,
    ChitChat,
    Command,
    OutOfScope,
    Repeat,
    Restart,
    SkipQuestion,
    StartFlow,
)
from soni.dialogue.flows import Flows
from soni.dialogue.lives import abandoned, lives
from soni.dialogue.payloads import parse_payload
from soni.dialogue.stack import finish
from soni.dialogue.state import Dialogue, Frame, Line
from soni.dialogue.transitions import apply, notice_start, pending, refuse
from soni.errors import ActionError, FlowError, NLUError
from soni.events import CommandDropped, Event, PatternRan, TakenBack, Understood
from soni.fitting import Refusal
from soni.runtime.briefing import brief
from soni.runtime.intake import take_in
from soni.runtime.phases import Phase
from soni.runtime.recording import is_sensitive, record
from soni.runtime.rephrasing import in_other_words
from soni.toolbox import Toolbox
from soni.understanding.base import Understander
from soni.value import Value

log = logging.getLogger("soni.turn")

_ANSWERS: Final = frozenset({"given", "skipped", "yes", "no"})
"""How a question may be answered so that the conversation gets on."""
_BESIDE: Final = (AskInfo, ChitChat, Repeat, SkipQuestion)
"""What is said beside an open choice: it is answered, and the choice offered again without counting."""


@dataclass(frozen=True)
class Turn:
    """One message being answered."""

    assistant: Assistant
    understander: Understander
    toolbox: Toolbox

    async def answer(self, said: str, before: Dialogue) -> tuple[Dialogue, tuple[Line, ...]]:
        """The dialogue after this message, and what was said in this turn.

        Raises TurnError where it cannot be answered; ``before`` is never changed.
        """
        opened = self._reduce_choice(self._open(before))
        commands: Sequence[Command] = ()
        misunderstood: NLUError | None = None
        try:
            commands = await self._understand(said, opened)
        except NLUError as error:
            misunderstood = error
        with Phase("run", self.toolbox.emit):
            draft = await self._run(commands, misunderstood, before, opened)
        if before.stack and not opened.stack:
            self._tell(abandoned(before))
        most = self.assistant.config.settings.conversation.max_history
        return record(said, commands, before, draft, self.toolbox, most)

    async def _run(
        self, commands: Sequence[Command], misunderstood: NLUError | None, before: Dialogue, opened: Dialogue
    ) -> Dialogue:
        """What comes of the commands, or of not understanding; in its final words."""
        try:
            if misunderstood is None:
                draft = await self._carry_out(commands, opened)
            else:
                log.error("understanding failed: %s", misunderstood.message)
                # Below what is written in production: what failed may repeat what it was told.
                log.debug("how understanding failed", exc_info=misunderstood)
                draft = await self._recover(opened, "pattern_cannot_handle", {"reason": "understanding"})
        except (ActionError, FlowError) as error:
            draft = await self._apologise(opened, error)
        try:
            draft = await self._watch_progress(before, await self._break_silence(draft))
        except (ActionError, FlowError) as error:
            draft = await self._apologise(replace(opened, idle_turns=0), error)
        return await in_other_words(before, _still_asked(before, draft), self.toolbox)

    def _open(self, before: Dialogue) -> Dialogue:
        """The dialogue as the message finds it: a session that was left too long ago is over.

        The turn counts as idle until something comes of it.
        """
        if before.turn == 0:
            fresh = replace(before, idle_turns=1)
            return repair.due(fresh, self.toolbox.flows, "pattern_session_start", {"reason": "new"})
        limit = self.assistant.config.settings.conversation.session_timeout
        if limit is None or before.handed_off or self.toolbox.now.timestamp() - before.updated <= limit.total_seconds():
            return replace(before, idle_turns=before.idle_turns + 1)
        fresh = replace(before, stack=(), due=(), clarifying=None, idle_turns=1)
        return repair.due(fresh, self.toolbox.flows, "pattern_session_start", {"reason": "timeout"})

    async def _understand(self, said: str, dialogue: Dialogue) -> Sequence[Command]:
        commands = parse_payload(said)
        source = "payload"
        with Phase("understand", self.toolbox.emit) as phase:
            if commands is None:
                source = type(self.understander).__name__
                commands = await self.understander.understand(said, brief(dialogue, self.toolbox))
            names = tuple(NAMES[type(command)] for command in commands)
            phase.span.set({"soni.understander": source, "soni.commands": names})
        self._keep_quiet_about(said, commands, dialogue)
        self.toolbox.emit(Understood(names, source, phase.seconds))
        return commands

    def _keep_quiet_about(self, said: str, commands: Sequence[Command], dialogue: Dialogue) -> None:
        """Words that fill a sensitive slot are as sensitive as what it holds."""
        sensitive = self.toolbox.flows.sensitive
        if not sensitive or not is_sensitive(commands, dialogue, self.toolbox.flows):
            return
        hear(said, sensitive=True)
        for command in commands:
            for slot, value in getattr(command, "slots", {}).items():
                hear(value, sensitive=slot in sensitive)

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self.toolbox.emit(event)

    async def _carry_out(self, commands: Sequence[Command], opened: Dialogue) -> Dialogue:
        """Apply what may be applied, and go on until the user has to be asked."""
        toolbox, flows = self.toolbox, self.toolbox.flows
        if _stands_still(opened, flows):  # "go on" is about no flow, and what failed is tried again
            commands = [command for command in commands if not isinstance(command, OutOfScope)]
        admitted = admit(commands, opened, flows, toolbox.about(opened))
        for drop in admitted.dropped:
            toolbox.emit(CommandDropped(drop.command, drop.reason, drop.name))
        taken = await take_in(admitted.commands, opened, toolbox)
        dialogue, begins = opened, any(frame.flow == "pattern_session_start" for frame in opened.due)
        for step in taken:
            if isinstance(step, Refusal):
                at = turn_to_flow(dialogue) if dialogue.clarifying is opened.clarifying else dialogue
                dialogue = refuse(at, flows, step.slot, step.message)
                continue
            dialogue = apply(dialogue, step, flows)
        if any(frame.answer in _ANSWERS for frame in dialogue.stack):
            dialogue = replace(dialogue, idle_turns=0)
        if not taken:
            dialogue = self._not_handled(dialogue, begins, admitted.dropped)
        if begins or Restart() in taken:
            dialogue = self._with_default_flow(dialogue)
        self._tell(lives(opened, dialogue))
        dialogue = await self._advance(_awake(replace(self._offer(dialogue, opened, taken), said=())))
        if asks_itself(opened) and not asks_itself(dialogue) and dialogue.clarifying is not None:
            return close_choice(dialogue)  # the author's own question about it was answered, and nothing was started
        return dialogue

    def _reduce_choice(self, dialogue: Dialogue) -> Dialogue:
        """An open choice without the flows that can no longer be started; without any of them it is over."""
        choice = dialogue.clarifying
        if choice is None:
            return dialogue
        flows, about = self.toolbox.flows, self.toolbox.about(dialogue)
        left = tuple(name for name in choice.flows if refusal(name, dialogue, flows, about) is None)
        return replace(dialogue, clarifying=replace(choice, flows=left)) if left else close_choice(dialogue)

    def _offer(self, dialogue: Dialogue, opened: Dialogue, taken: Sequence[Command | Refusal]) -> Dialogue:
        """Offer the choice that is open after these commands; a message that resolved nothing counts."""
        choice = dialogue.clarifying
        if choice is None:
            return dialogue
        beside = False
        if choice is opened.clarifying:
            if asks_itself(dialogue) and any(frame.answer in _ANSWERS for frame in dialogue.stack):
                return dialogue  # what the author's own question makes of it
            beside = any(isinstance(step, _BESIDE) for step in taken)
            choice = choice if beside else replace(choice, times=choice.times + 1)
        reason = "open" if beside else "unclear" if choice.times == 1 else "again"
        most = self.assistant.config.settings.conversation.clarification.max_depth
        return offer(replace(dialogue, clarifying=choice), self.toolbox.flows, most, reason)

    def _not_handled(self, dialogue: Dialogue, begins: bool, dropped: Sequence[Dropped]) -> Dialogue:
        """Nothing could be made of the message: the fallback flow where nothing is going on, otherwise words about it."""
        conversation = self.assistant.config.settings.conversation
        if _stands_still(dialogue, self.toolbox.flows):
            return dialogue  # it is tried again
        reasons = [drop.reason for drop in dropped if drop.reason in ("busy", "stack_full", "not_now")]
        if dialogue.clarifying is not None and not reasons and not asks_itself(dialogue):
            return dialogue  # the choice is offered again
        if begins and conversation.default_flow is not None:
            return dialogue
        if conversation.fallback_flow is not None and not dialogue.stack:
            return dialogue.push(self.toolbox.flows[conversation.fallback_flow].frame())
        context: dict[str, Value] = {"reason": reasons[0] if reasons else "not_understood"}
        return repair.due(dialogue, self.toolbox.flows, "pattern_cannot_handle", context)

    def _with_default_flow(self, dialogue: Dialogue) -> Dialogue:
        """A conversation that opens with nothing to do starts the default flow."""
        default = self.assistant.config.settings.conversation.default_flow
        if default is None or dialogue.stack:
            return dialogue
        return dialogue.push(self.toolbox.flows[default].frame())

    async def _advance(self, dialogue: Dialogue, held: int | None = None) -> Dialogue:
        """Go from frame to frame until one waits for the user, or the stack is empty.

        The frame whose id is ``held`` waits whenever it is on top: its step failed, and is not tried again in this turn.
        """
        flows = self.toolbox.flows
        while not dialogue.handed_off:
            dialogue = _waiting(notice_start(dialogue, flows), held)
            if dialogue.due and dialogue.interruptible:
                pattern, *rest = dialogue.due
                dialogue = replace(dialogue, due=tuple(rest))
                if _is_stale(pattern, dialogue):
                    continue
                dialogue = dialogue.push(pattern)
                self.toolbox.emit(PatternRan(pattern.flow))
                if flows[pattern.flow].silent:
                    pushed, dialogue = dialogue, finish(dialogue, flows)
                    self._tell(lives(pushed, dialogue))
                continue
            top = dialogue.top
            if top is None or top.waiting:
                break
            if not top.entered:
                dialogue = dialogue.with_top(replace(top, entered=True))
            dialogue = await self.assistant.subgraphs[top.flow].run(dialogue, self.toolbox)
        return _waiting(dialogue, held)

    async def _recover(self, opened: Dialogue, pattern: str, context: Mapping[str, Value]) -> Dialogue:
        """As if the message had not been said, but for a word about it."""
        if _stands_still(opened, self.toolbox.flows):
            return await self._say_beside(replace(opened, said=()), pattern, context)
        flows, most = self.toolbox.flows, self.assistant.config.settings.conversation.clarification.max_depth
        dialogue = repair.due(replace(opened, said=()), flows, pattern, context)
        return await self._advance(_awake(offer(dialogue, flows, most, "open")))

    async def _say_beside(self, standing: Dialogue, pattern: str, context: Mapping[str, Value]) -> Dialogue:
        """The dialogue as it stands, at a step that failed and is not tried again now, with a word about it.

        The flow stays below the pattern, which reads its slots, and may hand over to another flow by the rules of the stack.
        """
        assert standing.top is not None
        due = repair.due(replace(standing, due=()), self.toolbox.flows, pattern, context)
        return replace(await self._advance(due, held=standing.top.id), idle_turns=0)

    async def _apologise(self, opened: Dialogue, error: ActionError | FlowError) -> Dialogue:
        """An action failed, and no step handles it: as if the message had not been said, but for an apology.

        Where another action of the turn has had its effect, or the flow stood at a failed step already, what is done
        stays done: the flow stands at the step that failed, and the next message tries it again. Raises the error
        where it is not an action that failed, unless the flow stood still and still does: the author has to see that.
        """
        action, reason = (error.action, error.reason) if isinstance(error, ActionError) else ("a step", "failed")
        context: dict[str, Value] = {"reason": reason, "too_late": True}
        stands_still = _stands_still(opened, self.toolbox.flows)
        if not isinstance(error, ActionError) and (not stands_still or self.toolbox.attempt.had):
            raise error  # nothing is saved then, and the next message finds the effects of this one
        log.error("%s failed, and no step handles it", action, exc_info=error)
        if isinstance(error, HalfDone):
            return await self._say_beside(error.dialogue, "pattern_internal_error", context)
        self.toolbox.emit(TakenBack())
        if stands_still:
            return await self._say_beside(replace(opened, said=()), "pattern_internal_error", context)
        return await self._recover(
            opened, "pattern_internal_error", {"reason": reason, "unsure": self._may_have_been_done(error)}
        )

    def _may_have_been_done(self, error: ActionError | FlowError) -> bool:
        """Whether the action writes, and did not answer: it may have its effect all the same, now or a little later.

        Not where the connection was refused: then nobody was asked.
        """
        spec = self.toolbox.actions.specs.get(error.action) if isinstance(error, ActionError) else None
        if spec is None or spec.effect == "read" or isinstance(error.__cause__, ConnectionRefusedError):
            return False
        return isinstance(error.__cause__, TimeoutError | ConnectionError)

    async def _break_silence(self, draft: Dialogue) -> Dialogue:
        """Nobody is left without an answer: a message that only filled a slot, say, is acknowledged."""
        if draft.said or draft.handed_off:
            return draft
        if _stands_still(draft, self.toolbox.flows):
            return await self._say_beside(draft, "pattern_cannot_handle", {"reason": "nothing_to_say"})
        due = repair.due(draft, self.toolbox.flows, "pattern_cannot_handle", {"reason": "nothing_to_say"})
        return await self._advance(_awake(due))

    async def _watch_progress(self, before: Dialogue, draft: Dialogue) -> Dialogue:
        """Do something about it when too many turns have led nowhere."""
        settings = self.assistant.config.settings.conversation
        if draft.handed_off or _standing(before) != _standing(draft):
            return replace(draft, idle_turns=0)
        if draft.idle_turns < settings.max_turns_without_progress:
            return draft
        draft = replace(draft, idle_turns=0)
        flow, flows = settings.fallback_flow, self.toolbox.flows
        if settings.on_no_progress == "fallback" and flow is not None:
            why = refusal(flow, draft, flows, self.toolbox.about(draft))
            if why in (None, "not_startable"):  # nobody has to be able to ask for it
                started = apply(draft, StartFlow(flow), flows)
                self._tell(lives(draft, started))
                return await self._advance(_awake(started))
        due = repair.due(draft, self.toolbox.flows, "pattern_no_progress", {"reason": settings.on_no_progress})
        return await self._advance(_awake(due))


def _standing(dialogue: Dialogue) -> tuple[object, ...]:
    """What changes when a conversation gets on: the flows, where they stand, and what is known."""
    flows = tuple((f.id, f.step, f.slots, f.asked) for f in dialogue.stack if f.kind != "pattern")
    return (flows, dialogue.slots, dialogue.handed_off)


def _stands_still(dialogue: Dialogue, flows: Flows) -> bool:
    """True where the flow waits at a step that failed, and not for an answer."""
    return dialogue.top is not None and dialogue.top.waiting and pending(dialogue, flows) is None


def _is_stale(pattern: Frame, dialogue: Dialogue) -> bool:
    """True for a pattern about a flow that has left the stack since."""
    if pattern.effect is not None:
        return dialogue.index_of(pattern.effect.frame) is None
    resumed = pattern.context.get("flow") if pattern.flow == "pattern_resumed" else None
    return resumed is not None and (dialogue.base is None or dialogue.base.flow != resumed)


def _still_asked(before: Dialogue, draft: Dialogue) -> Dialogue:
    """The question that a handoff has left open is still the one that is pending, for when the person is gone."""
    asked, top = before.top, draft.top
    if not draft.handed_off or asked is None or top is None or not asked.waiting:
        return draft
    same = top.id == asked.id and top.step == asked.step and top.answer is None
    return draft.with_top(replace(top, waiting=True)) if same else draft


def _waiting(dialogue: Dialogue, held: int | None) -> Dialogue:
    """The dialogue in which the frame with this id waits, where it is on top."""
    top = dialogue.top
    if top is None or top.id != held or top.waiting:
        return dialogue
    return dialogue.with_top(replace(top, waiting=True))


def _awake(dialogue: Dialogue) -> Dialogue:
    """The top frame runs again: a question that was not answered is asked again."""
    top = dialogue.top
    return dialogue.with_top(replace(top, waiting=False)) if top is not None and top.waiting else dialogue
