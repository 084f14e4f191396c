"""Runs authors' synchronous functions beside the event loop, in threads that nobody waits for when the process ends."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from threading import Thread


async def in_thread(
    function: Callable[..., object], positional: tuple[object, ...], named: Mapping[str, object]
) -> object:
    """What the function returns, or raises; it sees the caller's context variables.

    A thread of its own for each call, where ``asyncio.to_thread`` has a few for all of them: a function that hangs keeps neither
    others waiting nor the process from ending. As many run at once as turns do (settings.server.max_concurrent_turns).
    """
    loop, context = asyncio.get_running_loop(), copy_context()
    done: asyncio.Future[object] = loop.create_future()

    def deliver(result: object, error: BaseException | None) -> None:
        if done.done():
            return  # whoever called has given up
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result: object = None
        failure: BaseException | None = None
        try:
            result = context.run(function, *positional, **named)
        except StopIteration:  # no future can carry it
            failure = RuntimeError("StopIteration was raised")
        except BaseException as error:  # noqa: BLE001 - it is raised again where the function was called
            failure = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, result, failure)

    Thread(target=run, name=f"soni-{getattr(function, '__name__', 'action')}", daemon=True).start()
    return await done
