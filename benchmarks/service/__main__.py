"""What a service has to bear, each figure with its limit; real processes on this machine, and one table at the end.

    uv run python benchmarks/service conversations    1,000 at once with a model of 300 ms, on PostgreSQL
    uv run python benchmarks/service half             the 95th percentile at half of the service's own maximum rate
    uv run python benchmarks/service memory           10,000 requests of every kind
    uv run python benchmarks/service all

Ends with 1 where a figure is missed. With ``--postgres DSN`` on that server, else on one of its own.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import memory
import steady
import uvloop
from processes import Process, allow_files, database, load, model, soni
from report import Report

import conversations


def main() -> int:
    """Measure what is asked for; 0 where all of it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proof", choices=["conversations", "half", "memory", "all"])
    parser.add_argument(
        "--postgres", metavar="DSN", help="a server that syncs every commit; one of its own when left out"
    )
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.3, help="seconds of the model")
    parser.add_argument("--stores", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=20, help="of the closed loop, and of the open one")
    parser.add_argument("--requests", type=int, default=10_000, help="after as many that are not counted")
    parser.add_argument(
        "--rehearsal", action="store_true", help="judge answers and sessions, and neither times nor memory"
    )
    parser.add_argument("--turns", type=int, default=10, help="of each conversation; 10 at most")
    parser.add_argument("--limit", type=int, default=1200, help="seconds after which the program gives up")
    parser.add_argument("--share", type=float, default=0.5, help="of the maximum rate, where nothing shall queue")
    args = parser.parse_args()
    report = Report(args.rehearsal)
    print(load(), file=sys.stderr)
    with ended_in_time(args.limit):
        if args.proof in ("conversations", "all"):
            many_conversations(args, report)
        for store in args.stores:
            if args.proof in ("half", "all"):
                half_of_the_maximum(store, args, report)
            if args.proof in ("memory", "all"):
                mixed_requests(store, args, report)
    print(report)
    print(load(), file=sys.stderr)
    return 0 if report.holds else 1


@contextmanager
def ended_in_time(seconds: int) -> Iterator[None]:
    """After so many seconds, or when it is asked to, the program ends, and with it all that it has started."""

    def end(number: int, _: FrameType | None) -> None:
        why = f"not done within {seconds} s" if number == signal.SIGALRM else "asked to end"
        raise SystemExit(f"{why}: {load()}")

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def many_conversations(args: argparse.Namespace, report: Report) -> None:
    """Conversations at once with a model."""
    allow_files(4 * args.conversations + 1000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dsn = stack.enter_context(database(args.postgres))
        slow = stack.enter_context(model(folder, conversations.write_script(folder), args.delay))
        service = stack.enter_context(soni(folder, conversations.settings(dsn, slow, args.conversations)))
        talk = conversations.Talk(service, slow, dsn, args.conversations, conversations.TURNS[: args.turns])
        uvloop.run(talk.measure(args.share, report))


def half_of_the_maximum(store: str, args: argparse.Namespace, report: Report) -> None:
    """The embedded understanding, at a share of what it can."""
    with embedded(store, args) as service:
        uvloop.run(steady.Steady(service, store, args.seconds).measure(args.share, report))


def mixed_requests(store: str, args: argparse.Namespace, report: Report) -> None:
    """Requests of every kind, and the memory of the process."""
    with embedded(store, args) as service:
        streams = uvloop.run(memory.has_streams(service))
        uvloop.run(memory.Mixed(service, store, streams).measure(args.requests, report))


@contextmanager
def embedded(store: str, args: argparse.Namespace) -> Iterator[Process]:
    """A service on an empty store of this kind, which understands by itself."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"SONI_PERSISTENCE__BACKEND": store, "SONI_PERSISTENCE__PATH": str(folder / "soni.db")}
        if store == "postgresql":
            settings["SONI_PERSISTENCE__CONNECTION_STRING"] = stack.enter_context(database(args.postgres))
        yield stack.enter_context(soni(folder, settings))


if __name__ == "__main__":
    sys.exit(main())
