"""An open choice between flows, as a value: opened, kept, chosen from, and over."""

import pytest

from soni.config.loader import load_config_text
from soni.dialogue.admission import Admitted, Dropped, admit
from soni.dialogue.clarifying import fitting, offer
from soni.dialogue.commands import (
    Affirm,
    CancelFlow,
    ChitChat,
    Clarify,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    Restart,
    SetSlot,
    StartFlow,
)
from soni.dialogue.flows import Flows, survey
from soni.dialogue.state import Clarifying, Dialogue
from soni.dialogue.transitions import apply, notice_start

WRITTEN = """
version: "1.0"
slots:
  amount: {type: integer, prompt: How much?}
  to: {prompt: To whom?}
  card: {prompt: Which card?}
  limit: {type: integer, filled_by: system}
flows:
  send: {steps: [{step: to, type: collect, slot: to}, {step: amount, type: collect, slot: amount}]}
  block: {steps: [{step: card, type: collect, slot: card}]}
  order: {steps: [{step: go, type: call, flow: details, inputs: {}}, {step: done, type: say, message: Ordered.}]}
  details: {startable: false, steps: [{step: card, type: collect, slot: card}]}
  tell: {steps: [{step: tell, type: say, message: Told.}]}
  pattern_cancel: {steps: [{step: a, type: say, message: Okay.}]}
  pattern_chitchat: {steps: [{step: a, type: say, message: Nice.}]}
  pattern_clarification: {steps: [{step: a, type: say, message: Which?}]}
  pattern_completed: {steps: [{step: a, type: noop}]}
  pattern_correction: {steps: [{step: a, type: noop}]}
  pattern_human_handoff: {steps: [{step: a, type: handoff}]}
  pattern_interrupted: {steps: [{step: a, type: noop}]}
  pattern_session_start: {steps: [{step: a, type: noop}]}
"""
CHOICE = Clarify(("send", "block"), {"amount": 5, "card": "red"})


@pytest.fixture(scope="module")
def flows() -> Flows:
    """A small bank with the patterns that are needed."""
    config = load_config_text(WRITTEN)
    return survey(config, config.flows)


def after(flows: Flows, *commands: Command, dialogue: Dialogue | None = None) -> Dialogue:
    """The dialogue after these commands."""
    dialogue = dialogue or Dialogue()
    for command in commands:
        dialogue = apply(dialogue, command, flows)
    return dialogue


def let_in(flows: Flows, *commands: Command, dialogue: Dialogue | None = None) -> Admitted:
    """What of these commands is admitted."""
    return admit(commands, dialogue or Dialogue(), flows, {})


def test_a_clarify_opens_a_choice(flows: Flows) -> None:
    """With the values that fit one of its flows."""
    choice = after(flows, Clarify(("send", "block"), {"amount": 5, "limit": 9})).clarifying

    assert choice == Clarifying(("send", "block"), {"amount": 5}, times=1, since=0)


def test_a_choice_that_is_opened_again_keeps_what_still_fits(flows: Flows) -> None:
    """And counts, because nothing came of the first one; the newer value wins."""
    choice = after(flows, CHOICE, Clarify(("send", "tell"), {"amount": 6})).clarifying

    assert choice == Clarifying(("send", "tell"), {"amount": 6}, times=2, since=0)


def test_values_for_flows_that_a_candidate_calls_fit(flows: Flows) -> None:
    """They are early values, as for a start."""
    assert fitting(flows, ("order", "nonsense")) == {"card"}


def test_a_start_takes_what_fits_and_its_own_values_win(flows: Flows) -> None:
    """The rest is forgotten with the choice."""
    dialogue = after(flows, CHOICE, StartFlow("send", {"to": "Ana", "amount": 7}))

    assert dialogue.clarifying is None
    assert dialogue.base is not None
    assert dialogue.base.slots == {"to": "Ana", "amount": 7}


@pytest.mark.parametrize("command", [StartFlow("tell"), CancelFlow(), Restart(), HumanHandoff()])
def test_what_ends_a_choice(flows: Flows, command: Command) -> None:
    """Another flow, none of them, a new beginning, a person."""
    assert after(flows, CHOICE, command).clarifying is None


@pytest.mark.parametrize("command", [Affirm(), Deny(), SetSlot({"to": "Ana"}), CorrectSlot({"to": "Ana"}), Deny("to")])
def test_what_is_said_to_the_flow_below_ends_a_choice(flows: Flows, command: Command) -> None:
    """It was none of the offered ones."""
    assert after(flows, StartFlow("send"), CHOICE, command).clarifying is None


@pytest.mark.parametrize("command", [ChitChat(), SetSlot({"to": "Ana"})])
def test_what_leaves_a_choice_open(flows: Flows, command: Command) -> None:
    """Words beside it, and a value while nothing is going on."""
    assert after(flows, CHOICE, command).clarifying is not None


def test_a_cancel_is_about_the_choice_and_not_the_flow_below(flows: Flows) -> None:
    """Without a flow's name; the pattern is told so."""
    dialogue = after(flows, StartFlow("send"), CHOICE, CancelFlow())

    assert [frame.flow for frame in dialogue.stack] == ["send"]
    assert (dialogue.due[-1].flow, dict(dialogue.due[-1].context)) == ("pattern_cancel", {"reason": "clarification"})


def test_a_flow_that_began_otherwise_is_noticed(flows: Flows) -> None:
    """One below the choice is not."""
    below = after(flows, StartFlow("send"), CHOICE)
    linked = after(flows, CHOICE).push(flows["send"].frame())
    noticed = notice_start(linked, flows)

    assert notice_start(below, flows) is below
    assert noticed.clarifying is None
    assert noticed.base is not None
    assert noticed.base.slots == {"amount": 5}


def test_an_offer_tells_the_titles_and_ends_after_so_many(flows: Flows) -> None:
    """Then a person is asked for, with the reason."""
    first = offer(after(flows, CHOICE), flows, 1, "unclear")
    second = offer(after(flows, CHOICE, CHOICE), flows, 1, "again")

    assert first.due[-1].context["titles"] == "1. send\n2. block"
    assert (first.due[-1].context["slots"], first.due[-1].context["reason"]) == (["amount", "card"], "unclear")
    assert (second.due[-1].flow, second.due[-1].context["reason"]) == ("pattern_human_handoff", "clarification")
    assert second.clarifying is None


def test_nothing_is_offered_without_a_choice(flows: Flows) -> None:
    """There is nothing to say."""
    assert offer(Dialogue(), flows, 3, "open") == Dialogue()


def test_values_beside_a_clarify_are_moved_into_it(flows: Flows) -> None:
    """Those of the clarify itself win; what only the system fills is dropped."""
    admitted = let_in(flows, SetSlot({"amount": 5, "to": "Eva", "limit": 1}), Clarify(("send", "block"), {"to": "Ana"}))

    assert admitted.commands == (Clarify(("send", "block"), {"amount": 5, "to": "Ana"}),)
    assert admitted.dropped == (Dropped("set_slot", "system_slot", "limit"),)


def test_values_while_a_choice_is_open_offer_it_anew(flows: Flows) -> None:
    """They do not say which flow is meant."""
    admitted = let_in(flows, SetSlot({"amount": 5}), dialogue=after(flows, CHOICE))

    assert admitted.commands == (Clarify(("send", "block"), {"amount": 5}),)


@pytest.mark.parametrize("first", [StartFlow("tell"), CancelFlow(), Restart()])
def test_values_beside_what_ends_a_choice_are_not_for_it(flows: Flows, first: Command) -> None:
    """Nobody wants them any more."""
    admitted = let_in(flows, first, SetSlot({"amount": 5}), dialogue=after(flows, CHOICE))

    assert admitted.commands == (first,)
    assert admitted.dropped == (Dropped("set_slot", "unwanted_slot", "amount"),)


def test_yes_and_no_to_what_is_offered(flows: Flows) -> None:
    """No is none of them; yes needs a single one."""
    one = after(flows, Clarify(("tell",)))

    assert let_in(flows, Deny(), dialogue=after(flows, CHOICE)).commands == (CancelFlow(),)
    assert let_in(flows, Affirm(), dialogue=one).commands == (StartFlow("tell"),)
    assert let_in(flows, Affirm(), dialogue=after(flows, CHOICE)).commands == ()


def test_one_flow_among_names_that_are_none_is_started(flows: Flows) -> None:
    """It is no choice; a flow that is only called is none either."""
    admitted = let_in(flows, Clarify(("nonsense", "send", "details"), {"amount": 5}))

    assert admitted.commands == (StartFlow("send", {"amount": 5}),)
    assert admitted.dropped == (
        Dropped("clarify", "unknown_flow", "nonsense"),
        Dropped("clarify", "not_startable", "details"),
    )
