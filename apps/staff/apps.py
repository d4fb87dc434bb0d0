from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "apps.staff"
    label = "staff"
    verbose_name = "Operators"

    def ready(self) -> None:
        post_migrate.connect(renew_roles, sender=self)
        # unfold's own template of that name comes first in the search path
        admin.site.index_template = "staff/home.html"


def renew_roles(**kwargs: Any) -> None:
    from apps.staff import roles

    roles.renew(using=kwargs.get("using", "default"))
