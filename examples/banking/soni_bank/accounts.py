"""Looking at accounts: balances, movements, and where the money went."""

from datetime import date, timedelta
from typing import Final

from soni import ActionContext, action
from soni.value import Value
from soni_bank import ledger
from soni_bank.database import reading
from soni_bank.money import euros, spoken

PERIOD_DAYS: Final = {"week": 7, "month": 30, "quarter": 90}
_LARGEST: Final = 3


@action("get_balances")
def get_balances(ctx: ActionContext) -> dict[str, Value]:
    """What is in each account, and in both together."""
    with reading(ctx.user_id) as db:
        checking = ledger.balance(db, ctx.user_id, "checking")
        savings = ledger.balance(db, ctx.user_id, "savings")
    return {
        "checking_balance": euros(checking),
        "savings_balance": euros(savings),
        "total_balance": euros(checking + savings),
    }


@action("get_history")
def get_history(transaction_count: int, ctx: ActionContext, account: str | None = None) -> dict[str, Value]:
    """The last movements of one account, or of all, one a line."""
    with reading(ctx.user_id) as db:
        movements = ledger.statement(db, ctx.user_id, account, transaction_count)
    lines = [
        f"{one.day.day} {one.day:%b}: {one.text}, {'+' if one.cents > 0 else ''}{spoken(one.cents)}"
        for one in movements
    ]
    return {"history_count": len(lines), "history_list": "\n".join(lines)}


@action("get_spending")
def get_spending(period: str, ctx: ActionContext, category: str | None = None) -> dict[str, Value]:
    """What was spent in a period, on one category or altogether, and the largest categories."""
    since = date.today() - timedelta(days=PERIOD_DAYS[period] - 1)
    with reading(ctx.user_id) as db:
        by_category = ledger.spent(db, ctx.user_id, since)
    largest = [f"{name} {spoken(cents)}" for name, cents in list(by_category.items())[:_LARGEST]]
    total = by_category.get(category, 0) if category else sum(by_category.values())
    return {"spent": euros(total), "largest_categories": ", ".join(largest)}
