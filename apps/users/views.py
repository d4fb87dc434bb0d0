"""Where operators come in: the front door, and the page behind a one-time link."""

from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.users import operators
from apps.users.models import User


def landing(user: User | AnonymousUser) -> str:
    """The name of the page on which an operator begins."""
    return "dashboard:sessions" if user.has_perm("capture.view_session") else "admin:index"


@never_cache
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.path, login_url="admin:login")
    return redirect(landing(request.user))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def operator_login(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button and POST signs in, so that a chat's link preview can't use the link up."""
    if request.method == "POST":
        user = operators.use_login_link(secret=secret)
        if user is not None:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect(landing(user))
        usable = False
    else:
        usable = operators.is_usable(secret=secret)
    return render(
        request, "users/operator_login.html", {"usable": usable}, status=200 if usable else 410
    )
