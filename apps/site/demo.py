"""Pages for a first look. The operator's own texts replace them."""

from apps.site.models import HtmlPage

NOTE = "<p>This is the demo's text. The operator of this server writes the real one.</p>"
PAGES = [("privacypolicy", "Privacy policy"), ("terms", "Terms of use")]


def create() -> None:
    """Create the demo pages that are missing."""
    for name, title in PAGES:
        HtmlPage.objects.get_or_create(name=name, defaults={"title": title, "body": NOTE})
