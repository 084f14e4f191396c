"""How many flows may be open, which may be started, and what a new conversation begins with."""

from datetime import timedelta

import pytest

from soni.events import CommandDropped
from soni.value import Value

from .chat import talking


def three(settings: str = "", trigger: str = "{}", more: str = "") -> str:
    """Three flows that ask one question each."""
    flows = "\n".join(
        f"      {name}: {{trigger: {trigger}, steps: [{{step: ask, type: collect, slot: {name}, message: '{name}?'}}]{more}}}"
        for name in ("a", "b", "c")
    )
    return f"    settings: {{{settings}}}\n    slots: {{a: {{}}, b: {{}}, c: {{}}, x: {{type: integer}}}}\n    flows:\n{flows}"


async def test_the_oldest_flow_makes_room() -> None:
    """At the limit, one more start drops the flow at the bottom with all it called."""
    async with talking(three("flow_management: {max_stack_depth: 2}")) as chat:
        await chat.tell("/start_flow a", "/start_flow b", "/start_flow c")

        assert chat.stack == ["b", "c"]


async def test_one_more_flow_may_be_rejected() -> None:
    """With reject_new the start is refused in words, and with an event."""
    async with talking(three("flow_management: {max_stack_depth: 2, on_limit_reached: reject_new}")) as chat:
        answer = await chat.tell("/start_flow a", "/start_flow b", "/start_flow c")

        assert answer == "There are too many things open already. Let us finish one first.\nb?"
        assert chat.stack == ["a", "b"]
        assert chat.happened(CommandDropped) == [CommandDropped("start_flow", "stack_full", "c")]


@pytest.mark.parametrize("settings", ["flow_management: {max_stack_depth: 1, on_limit_reached: reject_new}", ""])
async def test_a_flow_that_is_cancelled_makes_room_at_once(settings: str) -> None:
    """Neither the limit nor an uninterruptible flow stands in the way of what follows its own cancel."""
    async with talking(three(settings, more=", interruptible: false")) as chat:
        answer = await chat.tell("/start_flow a", "/cancel_flow\n/start_flow b")

        assert answer == "Okay, I've stopped: a.\nb?"
        assert chat.stack == ["b"]


async def test_two_starts_in_one_message_keep_to_the_limit() -> None:
    """Each start is looked at after the one before."""
    async with talking(three("flow_management: {max_stack_depth: 1, on_limit_reached: reject_new}")) as chat:
        await chat.say("/start_flow a\n/start_flow b")

        assert chat.stack == ["a"]


async def test_a_flow_that_may_not_be_interrupted_is_finished_first() -> None:
    """Another start is refused with words about it; bringing up itself is not."""
    async with talking(three(more=", interruptible: false")) as chat:
        answers = [await chat.hear(text) for text in ("/start_flow a", "/start_flow b", "/start_flow a")]

    assert answers[1:] == ["Let us finish this first: a.\na?", "a?"]


@pytest.mark.parametrize(
    ("guard", "allowed"),
    [("x > 3", False), ("x is not set", True), ("user.language == 'en'", True), ("user_id == 'eva'", False)],
)
async def test_a_guard_decides_whether_a_flow_can_be_started(guard: str, allowed: bool) -> None:
    """Guards read conversation slots, the language and the user; where they are false it is not possible right now."""
    written = three(trigger=f'{{condition: "{guard}"}}').replace("x: {", "x: {scope: conversation, ")
    async with talking(written) as chat:
        answer = await chat.hear("/start_flow a")

    assert answer == ("a?" if allowed else "That is not possible right now.")


@pytest.mark.parametrize(
    ("text", "reason", "name"),
    [
        ("/start_flow nonsense", "unknown_flow", "nonsense"),
        ("/start_flow pattern_cancel", "unknown_flow", "pattern_cancel"),
        ("/start_flow c", "not_startable", "c"),
        ("/start_flow b", "not_startable", "b"),
        ("/set_slot nonsense=1", "unknown_slot", "nonsense"),
        ("/set_slot x=1", "system_slot", "x"),
        ("/clear_slot x", "system_slot", "x"),
        ("/set_slot a=1", "unwanted_slot", "a"),
        ("/deny a", "unwanted_slot", "a"),
        ("/affirm", "nothing_to_answer", None),
        ("/deny", "nothing_to_answer", None),
    ],
)
async def test_what_cannot_be_done_is_dropped_with_an_event(text: str, reason: str, name: str | None) -> None:
    """Nothing is left of such a message, so it is not understood."""
    written = three("security: {blocked_intents: [b]}").replace("c: {trigger", "c: {startable: false, trigger")
    async with talking(written) as chat:
        answer = await chat.hear(text)

        assert answer == "I'm sorry, I didn't understand that."
        assert [(event.reason, event.name) for event in chat.events if isinstance(event, CommandDropped)] == [
            (reason, name)
        ]


async def test_no_message_ever_sets_what_only_the_system_fills() -> None:
    """Not with a start, not as a correction, not while the flow runs that uses it."""
    written = """
        slots: {logged_in: {type: boolean}, x: {prompt: X?}, fixed: {filled_by: system}}
        flows:
          f:
            steps:
              - {step: x, type: collect, slot: x}
              - {step: s, type: say, message: "{logged_in|no} {fixed|no}"}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f logged_in=true fixed=1", "/set_slot logged_in=yes", "/correct_slot fixed=2")
        answer = await chat.hear("/set_slot x=1 logged_in=true")

    assert answer == "no no"


async def test_five_commands_a_turn_and_no_more() -> None:
    """What comes after the fifth is dropped, whatever it is."""
    async with talking(three()) as chat:
        await chat.say("\n".join(["/chitchat"] * 5 + ["/start_flow a"]))

        assert chat.stack == []
        assert chat.happened(CommandDropped) == [CommandDropped("start_flow", "too_many")]


async def test_values_for_a_flow_that_waits_below_are_not_taken() -> None:
    """What belongs to another flow is dropped with an event; its answers stay as they were."""
    async with talking(three()) as chat:
        await chat.tell("/start_flow a", "/start_flow b")
        answer = await chat.hear("/set_slot a=1")

        assert answer == "I'm sorry, I didn't understand that.\nb?"
        assert chat.happened(CommandDropped) == [CommandDropped("set_slot", "unwanted_slot", "a")]


async def test_an_answer_beside_a_start_goes_to_the_flow_it_is_for() -> None:
    """The pending question is answered although another flow is put on top in the same message."""
    async with talking(three()) as chat:
        await chat.tell("/start_flow a", "/start_flow b\n/set_slot a=1 b=2")

        assert chat.stack == []


async def test_a_start_beside_a_change_does_not_overwrite_what_was_answered() -> None:
    """An answer of the flow below is corrected in that flow, not past it."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
        flows:
          a: {steps: [{step: x, type: collect, slot: x}, {step: y, type: collect, slot: y}]}
          b: {steps: [{step: z, type: collect, slot: z}]}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow a x=1", "/start_flow b\n/set_slot x=2", "/cancel_flow")

        assert await chat.slots() == {"x": "1"}


LASTING = """
    slots:
      name: {prompt: Name?, scope: conversation}
      city: {prompt: City?}
      note: {prompt: Note?, scope: conversation, default: hi}
    flows:
      a:
        persist: [city]
        steps:
          - {step: n, type: collect, slot: name}
          - {step: c, type: collect, slot: city}
          - {step: s, type: say, message: "{name} {city}"}
      b: {steps: [{step: n, type: collect, slot: name}, {step: s, type: say, message: "{name} {city|no city}"}]}
      c: {steps: [{step: go, type: call, flow: a}, {step: s, type: say, message: called}]}
      d: {steps: [{step: n, type: collect, slot: note}]}
"""


async def test_conversation_slots_and_persisted_ones_outlive_their_flow() -> None:
    """They are not asked again, by this flow or one that calls it."""
    async with talking(LASTING) as chat:
        await chat.tell("/start_flow a", "/set_slot name=Ana", "/set_slot city=Rome")
        answers = [await chat.hear(text) for text in ("/start_flow a", "/start_flow b", "/start_flow c")]

    assert answers == ["Ana Rome", "Ana Rome", "Ana Rome\ncalled"]


async def test_conversation_slots_are_taken_at_any_time() -> None:
    """With nothing going on, and in a flow that has no use for them."""
    async with talking(LASTING) as chat:
        await chat.say("/set_slot name=Ana")
        first: dict[str, Value] = await chat.slots()
        await chat.tell("/start_flow d", "/set_slot name=Eva")
        second = await chat.slots()
        await chat.say("/clear_slot name")

        assert (first["name"], second["name"]) == ("Ana", "Eva")
        assert "name" not in await chat.slots()


async def test_a_conversation_slot_can_be_forgotten_with_nothing_going_on() -> None:
    """Clearing needs no flow either."""
    async with talking(LASTING) as chat:
        await chat.tell("/set_slot name=Ana", "/clear_slot name")

        assert await chat.slots() == {"note": "hi"}


async def test_flow_slots_are_forgotten_with_their_flow() -> None:
    """Another run of the flow asks again."""
    async with talking(three()) as chat:
        answer = await chat.tell("/start_flow a", "/set_slot a=1", "/start_flow a")

    assert answer == "a?"


async def test_the_default_flow_opens_a_conversation() -> None:
    """It starts with a first message that starts nothing, after a restart and after a long silence; not in between."""
    async with talking(three("conversation: {default_flow: a, session_timeout: 10m}")) as chat:
        opened = await chat.hear("hello")
        cancelled = await chat.tell("/cancel_flow", "mumble")
        restarted = await chat.hear("/restart")
        await chat.say("/cancel_flow")
        chat.watch.pass_by(timedelta(minutes=11))
        later = await chat.hear("hello")

    assert opened == "a?"
    assert cancelled == "I'm sorry, I didn't understand that."
    assert restarted == "Okay, let us begin anew.\na?"
    assert later == "a?"


async def test_a_first_message_that_starts_a_flow_needs_no_default() -> None:
    """The default flow is for those who do not say what they want."""
    async with talking(three("conversation: {default_flow: a}")) as chat:
        await chat.say("/start_flow b")

        assert chat.stack == ["b"]


async def test_a_long_silence_ends_the_session() -> None:
    """Flows are over, conversation slots stay, and the pattern hears of it."""
    written = (
        LASTING.replace("flows:", "settings: {conversation: {session_timeout: 10m}}\n    flows:")
        + """
      pattern_session_start: {steps: [{step: s, type: say, message: "Hello ({context.reason})."}]}
    """
    )
    async with talking(written) as chat:
        first = await chat.hear("/start_flow a name=Ana")
        chat.watch.pass_by(timedelta(minutes=10))
        in_time = await chat.hear("mumble")
        chat.watch.pass_by(timedelta(minutes=10, seconds=1))
        late = await chat.hear("/set_slot city=Rome")

        assert first == "Hello (new).\nCity?"
        assert in_time == "I'm sorry, I didn't understand that.\nCity?"
        assert late == "Hello (timeout).\nI'm sorry, I didn't understand that."
        assert (await chat.slots())["name"] == "Ana"


async def test_a_session_may_last_for_ever() -> None:
    """Without a timeout no silence is too long; a conversation with a person is not ended either."""
    async with talking(three("conversation: {session_timeout: null}")) as chat, talking(three()) as other:
        await chat.say("/start_flow a")
        await other.say("/human_handoff")
        for each in (chat, other):
            each.watch.pass_by(timedelta(days=1000))
        answer, silence = await chat.hear("/set_slot a=1"), await other.hear("hello")

        assert (answer, silence) == ("Okay.", "")
        assert other.dialogue.handed_off


FULL = """
    settings: {{flow_management: {{max_stack_depth: {depth}, on_limit_reached: {policy}}}}}
    slots: {{a: {{prompt: A?}}, b: {{prompt: B?}}, sure: {{type: boolean, prompt: Sure?}}}}
    flows:
      f: {{steps: [{{step: a, type: collect, slot: a}}]}}
      g: {{steps: [{{step: b, type: collect, slot: b}}]}}
      {more}
"""
ASKING = "pattern_cancel: {steps: [{step: sure, type: confirm, message: Really?}]}"
LEADING = "pattern_chitchat: {steps: [{step: on, type: link, flow: g}]}"


async def test_a_flow_that_is_left_and_begun_anew_in_one_breath_is_there_once() -> None:
    """Also where the author's pattern asks whether it shall be left: it has been already."""
    written = FULL.format(depth=3, policy="cancel_oldest", more=ASKING)
    async with talking(written) as chat:
        await chat.tell("/start_flow f", "/cancel_flow f\n/start_flow f")

        assert [frame.flow for frame in chat.dialogue.stack if frame.kind == "started"] == ["f"]
        await chat.tell("/deny")
        assert chat.stack == ["f"]


async def test_a_flow_that_takes_the_place_of_another_does_not_stand_beside_it() -> None:
    """Where only one may be open, the one that is left is gone when the other begins, whatever its pattern asks."""
    written = FULL.format(depth=1, policy="cancel_oldest", more=ASKING)
    async with talking(written) as chat:
        await chat.tell("/start_flow f", "/cancel_flow f\n/start_flow g")

        assert [frame.flow for frame in chat.dialogue.stack if frame.kind == "started"] == ["g"]


async def test_a_pattern_that_leads_on_to_a_flow_keeps_to_the_limit() -> None:
    """The oldest makes way, or the user is told."""
    async with talking(FULL.format(depth=1, policy="cancel_oldest", more=LEADING)) as chat:
        assert await chat.tell("/start_flow f", "/chitchat") == "B?"
        assert chat.stack == ["g"]
    async with talking(FULL.format(depth=1, policy="reject_new", more=LEADING)) as chat:
        answer = await chat.tell("/start_flow f", "/chitchat")
        assert answer == "There are too many things open already. Let us finish one first.\nA?"
        assert chat.stack == ["f"]


async def test_falling_back_keeps_to_the_limit() -> None:
    """Where there is no room for the fallback flow, there are words."""
    written = """
        settings:
          conversation: {fallback_flow: g, on_no_progress: fallback, max_turns_without_progress: 2}
          flow_management: {max_stack_depth: 1, on_limit_reached: reject_new}
        slots: {a: {prompt: A?}, b: {prompt: B?}}
        flows:
          f: {steps: [{step: a, type: collect, slot: a}]}
          g: {steps: [{step: b, type: collect, slot: b}]}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow f", "/chitchat", "/chitchat")

        assert "We don't seem to get on" in answer
        assert chat.stack == ["f"]


async def test_two_wishes_in_one_breath_do_not_go_back_to_what_nobody_has_seen() -> None:
    """The second one begins when the first is over; it was not interrupted, and it is not resumed."""
    written = """
        slots: {a: {prompt: A?}, b: {prompt: B?}}
        flows:
          f: {steps: [{step: a, type: collect, slot: a}, {step: told, type: say, message: "f {a}"}]}
          g: {steps: [{step: b, type: collect, slot: b}, {step: told, type: say, message: "g {b}"}]}
    """
    async with talking(written) as chat:
        assert await chat.hear("/start_flow f\n/start_flow g") == "B?"
        assert await chat.hear("/set_slot b=1") == "g 1\nA?"
        assert await chat.hear("/set_slot a=2") == "f 2"


async def test_a_yes_beside_a_new_wish_is_asked_for_again_and_a_no_is_kept() -> None:
    """Until the flow goes on, much may change that the yes was about; a no harms nobody."""
    written = """
        slots: {b: {prompt: B?}}
        flows:
          f: {steps: [{step: sure, type: confirm, message: Sure?}, {step: done, type: say, message: Done.}]}
          g: {steps: [{step: told, type: say, message: By the way.}]}
          h: {steps: [{step: b, type: collect, slot: b}, {step: told, type: say, message: "h {b}"}]}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow f", "/affirm\n/start_flow g") == "By the way.\nBack to: f.\nSure?"
        assert await chat.tell("/start_flow f", "/start_flow h\n/affirm") == "B?"
        assert await chat.hear("/set_slot b=1") == "h 1\nBack to: f.\nSure?"
        assert (
            await chat.tell("/start_flow f", "/deny\n/start_flow g")
            == "By the way.\nBack to: f.\nOkay, I've stopped: f."
        )
