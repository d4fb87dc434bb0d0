"""Every page and REST path. Mobile endpoints are answered before these patterns (apps/contract)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.contract.middleware import no_such_endpoint
from apps.operations.metrics import metrics
from apps.operations.views import doctor
from apps.site import views as site
from apps.users.views import front, operator_login
from apps.videos.guarded_files import TOKEN, guarded_file
from apps.wallet.views import apple_notification, stripe_webhook
from config import health
from config.media import media

handler500 = "config.outages.handle_500"
urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics),
    path("operator/login/<str:secret>/", operator_login, name="operator-login"),
    path("operator/two-factor/", include("apps.staff.urls")),
    path("", front, name="front"),
    path("dashboard/rooms/", include("apps.live.urls")),
    path("dashboard/", include("apps.dashboard.urls")),
    path("overlay/", include("apps.overlays.urls")),
    path("admin/doctor/", doctor, name="doctor"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/stores/apple/notifications", apple_notification),
    path("api/", include("apps.analytics.urls")),
    path("api/", include("apps.exports.urls")),
    path("api/stores/stripe/webhook", stripe_webhook),
    path("api/", include("apps.capture.urls")),
    path("u/<str:username>/", site.profile, name="profile"),
    path("u/<str:username>/qr.svg", site.qr_code, name="profile-qr"),
    path("pages/<str:name>/", site.html_page, name="page"),
    re_path(r"^(?:mobileapp_api/)?(?:api/)?showHtmlPage/?$", site.html_page),
    re_path(r"^(?:mobileapp_api/)?(?:api/)?(?P<name>privacypolicy|terms)/?$", site.html_page),
    re_path(
        rf"^(?:mobileapp_api/)?(?:api/)?guarded/(?P<token>{TOKEN})/(?P<name>[^?]+)$", guarded_file
    ),
    re_path(r"^(?:mobileapp_api/)?api/$", site.index),
    re_path(r"^(?:mobileapp_api/)?api/(?P<path>.*)$", csrf_exempt(no_such_endpoint)),
]
if settings.DEBUG and settings.MEDIA_URL.startswith("/"):
    urlpatterns.append(path(f"{settings.MEDIA_URL.lstrip('/')}<path:path>", media))
