"""Where stores tell us what became of a purchase."""

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.wallet.services import cards
from apps.wallet.services.refunds import give_back, take_back
from apps.wallet.stores import apple, stripe
from apps.wallet.stores.shape import StoreAway


@csrf_exempt
@require_POST
def apple_notification(request: HttpRequest) -> HttpResponse:
    """Apple's App Store Server Notifications V2. Whatever Apple has not signed is status 400.

    Apple repeats what was not answered with 200.
    """
    if not settings.APPLE_BUNDLE_ID:
        return HttpResponse("Apple's store is not configured.", status=503)
    try:
        body = orjson.loads(request.body)
        news = apple.read_notification(str(body["signedPayload"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, apple.NotFromApple):
        return HttpResponse("not signed by Apple for this app", status=400)
    if news:
        tell = give_back if news.is_reversed else take_back
        tell(
            store=apple.AppleStore.name,
            transaction_id=news.transaction_id,
            happened_at=news.happened_at,
        )
    return HttpResponse()


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's events. What Stripe has not signed is status 400; it repeats all but status 200."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        return HttpResponse("Stripe is not configured.", status=503)
    try:
        cards.hear(stripe.read_webhook(request.body, request.headers.get("Stripe-Signature", "")))
    except stripe.NotFromStripe:
        return HttpResponse("not signed by Stripe for this server", status=400)
    except StoreAway as away:
        return HttpResponse(away.message, status=503)
    return HttpResponse()
