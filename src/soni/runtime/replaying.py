"""A message that was answered before is answered with the same reply, and runs nothing again."""

import hashlib
from asyncio import Future, get_running_loop, wait
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from soni.dialogue.state import MAX_REPLAYS, Answered, Dialogue
from soni.errors import MessageIdReused
from soni.runtime.messages import Message, Reply


def digest(text: str) -> str:
    """128 bits of a text's hash, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def replayed(message: Message, dialogue: Dialogue) -> Reply | None:
    """The stored reply to this message id; ``None`` where it is new. Raises MessageIdReused for another text."""
    if message.message_id is None:
        return None
    known = next((each for each in dialogue.last_turns if each.message_id == message.message_id), None)
    if known is None:
        return None
    if known.digest != digest(message.text):
        raise MessageIdReused
    return Reply(
        message.user_id, known.message_id, known.turn, known.messages, known.state,
        known.active_flow, known.expected_slot, replayed=True,
    )  # fmt: skip


def remember(draft: Dialogue, message: Message, reply: Reply) -> Dialogue:
    """The draft with this reply among those that can be given again; as it was for a message without an id."""
    if message.message_id is None:
        return draft
    answered = Answered(
        message.message_id,
        digest(message.text),
        reply.turn,
        reply.messages,
        reply.state,
        reply.active_flow,
        reply.expected_slot,
    )
    return replace(draft, last_turns=(*draft.last_turns, answered)[-MAX_REPLAYS:])


@dataclass(frozen=True, slots=True)
class _First:
    """The first of several equal messages, while it is being answered."""

    digest: str
    reply: Future[Reply]


class UnderWay:
    """The messages that are being answered in this process: an equal one joins the first instead of waiting in a queue."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], _First] = {}

    async def answer(
        self, message: Message, work: Callable[[], Awaitable[Reply]], shared: Callable[[Reply], None]
    ) -> Reply:
        """What ``work`` answers, called for the first of equal messages only; the others share its reply, or its error.

        ``shared`` hears of each reply that is shared. Where the caller of the first one gives up, the next one takes its
        place. Raises MessageIdReused for another text.
        """
        if message.message_id is None:
            return await work()
        key, mine = (message.user_id, message.message_id), digest(message.text)
        while (first := self._first.get(key)) is not None:
            if first.digest != mine:
                raise MessageIdReused
            await wait([first.reply])
            if not first.reply.cancelled():
                reply = replace(first.reply.result(), replayed=True)
                shared(reply)
                return reply
        future: Future[Reply] = get_running_loop().create_future()
        self._first[key] = _First(mine, future)
        try:
            reply = await work()
        except Exception as error:
            future.set_exception(error)
            future.exception()  # looked at: nobody may be waiting, and nothing is lost, for it is raised here
            raise
        else:
            future.set_result(reply)
            return reply
        finally:
            del self._first[key]
            future.cancel()  # nothing where it is done
