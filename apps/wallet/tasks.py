"""What the ledger does by itself. config/schedule.py says when."""

import logging

from celery import shared_task
from django.conf import settings

from apps.wallet import audit, ledger
from apps.wallet.services import errands, orders, refunds

logger = logging.getLogger(__name__)


@shared_task
def settle_pending() -> None:
    """Fold pending credits into balances, so that reading a wallet stays cheap."""
    ledger.settle_all()


@shared_task
def collect_debts() -> None:
    """Let those who owe coins for refunds repay with what they have got since."""
    refunds.collect_debts()


@shared_task
def run_errands() -> None:
    """Ask stores again that were away, and tell them of what was credited."""
    errands.retry_waiting()
    errands.tell_stores()
    errands.empty_vault()


@shared_task
def hear_of_voided() -> None:
    """Google tells of refunds only when it is asked."""
    if settings.GOOGLE_PLAY_PACKAGE:
        errands.hear_of_voided()


@shared_task
def audit_ledger() -> None:
    """Prove the books, keep the result, and log every rule that is broken."""
    for result in audit.prove().results:
        for row in result["rows"]:
            logger.error("The ledger is wrong: %s does not hold for %s", result["rule"], row)


@shared_task
def forget_order_sessions() -> None:
    orders.forget_old_sessions()
