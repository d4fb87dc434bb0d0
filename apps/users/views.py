"""The page behind an operator's one-time link."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.users import operators

LANDING = "dashboard:sessions"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def operator_login(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button and POST signs in, so that a chat's link preview can't use the link up."""
    if request.method == "POST":
        user = operators.use_login_link(secret=secret)
        if user is not None:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect(LANDING)
        usable = False
    else:
        usable = operators.is_usable(secret=secret)
    return render(
        request, "users/operator_login.html", {"usable": usable}, status=200 if usable else 410
    )
