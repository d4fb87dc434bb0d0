"""The floor for what runs in Django: one view that says yes, no middleware."""

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"], SECRET_KEY="benchmark", DEBUG=False
)


def yes(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"body_bytes": len(request.body)})


urlpatterns = [path("mediamtx/auth", yes)]

import django  # noqa: E402

django.setup()
application = WSGIHandler()
