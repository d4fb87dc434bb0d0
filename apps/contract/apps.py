from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ContractConfig(AppConfig):
    """Importing every app's `endpoints` module fills the registry of mobile endpoints."""

    name = "apps.contract"
    label = "contract"

    def ready(self) -> None:
        autodiscover_modules("endpoints")
        # Not at the top: they need the models, which are loaded by now.
        from apps.contract import endpoint, metrics

        for each in endpoint.all_endpoints():
            metrics.announce(each.name)
