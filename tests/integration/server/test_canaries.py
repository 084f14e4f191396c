"""A service that is given secrets wherever they could come from writes none of them anywhere."""

from pathlib import Path

from tests.canaries import CANARIES, QUIET, Leavings, found, service_leavings


def test_no_canary_is_found(tmp_path: Path) -> None:
    """Log, file, metrics and errors of a service with failing actions, model and store; scripts/canaries has all forms."""
    left = service_leavings(tmp_path, "json", "INFO", every=5)

    assert found((*CANARIES, *QUIET), left.everything) == []
    for sign in (
        '"turn.answered"',
        '"request.failed"',
        "cannot use …",
        "using … in …",
        '"conversation"',
        "StoreUnavailable",
    ):
        assert sign in left.lines.replace("\\u2026", "…")
    assert left.file.count("\n") > 100
    assert "soni_actions_total{" in left.metrics
    assert len(left.errors) > 20


def test_a_canary_that_is_there_is_found() -> None:
    """The search finds them also quoted and without their spaces."""
    left = Leavings(
        lines="paid with 4111111111111111", errors=["q=kestrel/heron%26wren%3D1", 'a "blue \\"velvet\\" door"']
    )

    assert len(found(CANARIES, left.everything)) == 3
