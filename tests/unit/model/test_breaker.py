"""The breaker opens after failures in a row, and closes when a trial succeeds."""

import pytest

from soni.understanding.breaker import Breaker


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def call(breaker: Breaker, *, fails: bool) -> None:
    with breaker.attempt() as attempt:
        if fails:
            attempt.failed = "It failed."
        else:
            attempt.succeeded = True


def opened(watch: Watch) -> Breaker:
    breaker = Breaker(2, 30.0, watch)
    call(breaker, fails=True)
    call(breaker, fails=True)
    return breaker


def test_failures_in_a_row_open_it() -> None:
    """A success between them begins the row anew."""
    breaker = Breaker(2, 30.0, Watch())

    call(breaker, fails=True)
    call(breaker, fails=False)
    call(breaker, fails=True)
    before = breaker.state
    call(breaker, fails=True)

    assert (before, breaker.state) == ("closed", "open")
    assert not breaker.allows()
    assert breaker.last_failure == "It failed."


def test_it_lets_one_call_try_after_its_time() -> None:
    """The others still do not call."""
    watch = Watch()
    breaker = opened(watch)
    watch.now += 29.9
    early = breaker.allows()
    watch.now += 0.1

    with breaker.attempt() as attempt:
        beside = breaker.allows()
        attempt.succeeded = True

    assert (early, beside) == (False, False)
    assert breaker.state == "closed"
    assert breaker.last_failure == ""


def test_a_trial_that_fails_opens_it_again() -> None:
    """For the whole time once more."""
    watch = Watch()
    breaker = opened(watch)
    watch.now += 30

    call(breaker, fails=True)

    assert breaker.state == "open"
    assert breaker.reopens_in == pytest.approx(30)


def test_a_trial_whose_caller_left_gives_its_place_back() -> None:
    """A user who hangs up neither opens nor closes it."""
    watch = Watch()
    breaker = opened(watch)
    watch.now += 30

    with pytest.raises(KeyboardInterrupt), breaker.attempt():
        raise KeyboardInterrupt

    assert breaker.state == "half_open"
    assert breaker.allows()


def test_a_caller_who_left_counts_for_nothing() -> None:
    """Neither as a failure nor as a success."""
    breaker = Breaker(1, 30.0, Watch())

    with pytest.raises(KeyboardInterrupt), breaker.attempt():
        raise KeyboardInterrupt

    assert breaker.state == "closed"
    assert breaker.reopens_in == 0


def test_calls_that_began_before_it_opened_say_nothing_about_now() -> None:
    """They neither open it again behind a trial that went well, nor put off the next trial."""
    watch = Watch()
    breaker = Breaker(2, 30.0, watch)
    with breaker.attempt() as early, breaker.attempt() as late:
        call(breaker, fails=True)
        call(breaker, fails=True)
        watch.now += 30
        call(breaker, fails=False)
        early.failed = late.failed = "It failed."

    assert breaker.state == "closed"
