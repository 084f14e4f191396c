"""What Schemathesis checks of every answer, where our promises are finer than its own rules; loaded by its command line."""

import json
from typing import Any, Final

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree
from schemathesis.specs.openapi import checks as builtin

INSTEAD: Final = ("positive_data_acceptance", "use_after_free")
"""The checks that those here take the place of."""


@schemathesis.check
def accepted_unless_said_before(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What the description allows is taken; but a message id is one message's, which no schema can say."""
    try:
        builtin.positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        if response.status_code != 422 or json.loads(response.content)["code"] != "message_id_reused":
            raise


@schemathesis.check
def gone_when_erased(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What was erased is gone; a conversation that was only reset leaves its transcript."""
    try:
        builtin.use_after_free(ctx, response, case)
    except UseAfterFree as failure:
        deleted = next(
            each for each in ctx.internals.find_related(case_id=case.id) if each.id == failure.deleted_case_id
        )
        if str(deleted.query.get("erase", False)).lower() in ("true", "1", "on", "yes", "t", "y"):
            raise
