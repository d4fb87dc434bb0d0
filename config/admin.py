"""What the operators' pages of several apps share."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import ForeignKey, Model, OneToOneField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.audit.services import MOST_IN_A_LIST, Kind, note, nothing_was_done
from apps.users.models import User

# Above so many rows a list says about how many there are instead of counting them.
COUNTED_ROWS = 50_000
NAMED_ROWS = 20
# Of so many rows each has a line of its own in the audit log.
LINES_OF_AN_ACTION = 100
# Of the list's form, what is said again with the answer to a question.
CARRIED = ("action", "select_across", "index", "_selected_action")


class EstimatingPaginator(Paginator):
    """Counts what was searched for, and estimates the whole of a large table."""

    @cached_property
    def count(self) -> int:
        query = getattr(self.object_list, "query", None)
        if query is not None and not query.where and not query.distinct:
            estimate = estimated_rows(query.model._meta.db_table)
            if estimate > COUNTED_ROWS:
                return estimate
        return super().count


def estimated_rows(table: str) -> int:
    """As VACUUM and ANALYZE saw it last; -1 before that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


class ModelAdmin(UnfoldModelAdmin):
    """The base of every page: fit for large tables, and every change stands in the audit log."""

    show_full_result_count = False
    paginator = EstimatingPaginator

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        """Every relation whose rows can be searched for: no box of a hundred thousand names."""
        return [*super().get_autocomplete_fields(request), *self.searchable_relations()]

    def searchable_relations(self) -> list[str]:
        taken = {*self.autocomplete_fields, *self.raw_id_fields, *self.radio_fields}
        return [
            field.name
            for field in self.model._meta.fields
            if isinstance(field, ForeignKey | OneToOneField)
            and field.name not in taken
            and self.is_searchable(field.related_model)
        ]

    def is_searchable(self, model: Any) -> bool:
        page = self.admin_site._registry.get(model)
        return bool(page and page.search_fields)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        note(Kind.ADD, "add", about=obj)
        return super().log_addition(request, obj, message)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        self.values_of(request)[form.instance.pk] = {} if add else old_and_new(form)
        return super().construct_change_message(request, form, formsets, add)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        details: dict[str, object] = {"changed": changed_fields(message)}
        values = self.values_of(request).get(obj.pk)
        if values:
            details["values"] = values
        note(Kind.CHANGE, "change", about=obj, details=details)
        return super().log_change(request, obj, message)

    def values_of(self, request: HttpRequest) -> dict[object, dict[str, list[object]]]:
        """What was and what is, by the row's key, of the rows that this request changes."""
        return request.__dict__.setdefault("_old_and_new", {})

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        for row in queryset:
            note(Kind.DELETE, "delete", about=row)
        return super().log_deletions(request, queryset)


def changed_fields(message: Any) -> list[str]:
    """The names in Django's own message about a change."""
    if not isinstance(message, list):
        return [str(message)]
    parts = [part for entry in message if isinstance(entry, dict) for part in entry.values()]
    return [
        f"{part['name']}: {field}" if "name" in part else str(field)
        for part in parts
        for field in part.get("fields", ["row"])
    ]


def old_and_new(form: Any) -> dict[str, list[object]]:
    """Of each field that was changed. Not of people's own rows: the log outlives their data."""
    model = form._meta.model
    if issubclass(model, User) or any(
        field.related_model is User for field in model._meta.fields if field.is_relation
    ):
        return {}
    return {
        name: [readable(form.get_initial_for_field(form.fields[name], name)), readable(value)]
        for name in form.changed_data
        for value in [form.cleaned_data.get(name, "")]
    }


def readable(value: Any) -> object:
    """Rows by their keys, several in order."""
    if isinstance(value, QuerySet | list | tuple):
        return sorted(str(readable(each)) for each in value)
    value = getattr(value, "pk", value)
    return value if isinstance(value, bool | int | float) or value is None else str(value)


class ReadOnlyAdmin(ModelAdmin):
    """For rows that are made by what people do, not by operators."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptAdmin(ReadOnlyAdmin):
    """For rows that are not even deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SingleRowAdmin(ModelAdmin):
    """For a table of one row, which opening its list makes and leads to."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _ = self.model._default_manager.get_or_create(pk=1)
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return redirect(f"{self.admin_site.name}:{name}_change", row.pk)


class ReasonForm(forms.Form):
    """Why an operator does something; it stands in the audit log."""

    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)

    def clean_reason(self) -> str:
        return " ".join(self.cleaned_data["reason"].split())


class OptionalReasonForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


def asks(
    sentence: str, form_class: type[forms.Form] = ReasonForm, button: str = "Yes, do it"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An action of a list or of a row's page that first asks whether and why.

    The method gets what was answered as keyword arguments. It is called with the chosen rows.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def asking(
            self: ModelAdmin,
            request: HttpRequest,
            chosen: QuerySet | None = None,
            object_id: str | None = None,
        ) -> HttpResponse | None:
            rows = rows_of(self, request, object_id) if chosen is None else chosen
            form = form_class(request.POST if "confirmed" in request.POST else None)
            if form.is_bound and form.is_valid():
                answer = method(self, request, rows, **form.cleaned_data)
                return answer if answer or object_id is None else redirect("../")
            words = {"title": sentence, "button": button, "form": form}
            return ask(self, request, rows, words)

        return asking

    return decorate


def noted(action: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An action that writes nothing into the audit log by itself: a line for each row that it is
    called with, or a line for a thousand if there are many."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def noting(self: ModelAdmin, request: HttpRequest, rows: QuerySet, **answers: Any) -> Any:
            note_rows(action, rows, str(answers.get("reason", "")))
            return method(self, request, rows, **answers)

        noting.is_noted = True  # type: ignore[attr-defined]  # tests ask every action
        return noting

    return decorate


def note_rows(action: str, rows: QuerySet, reason: str = "") -> None:
    few = list(rows[: LINES_OF_AN_ACTION + 1])
    if len(few) <= LINES_OF_AN_ACTION:
        for row in few:
            note(Kind.ACTION, action, about=row, reason=reason)
        return
    ids = list(rows.values_list("pk", flat=True))
    for begin in range(0, len(ids), MOST_IN_A_LIST):
        part = ids[begin : begin + MOST_IN_A_LIST]
        note(
            Kind.ACTION,
            action,
            model=rows.model._meta.label_lower,
            object_name=f"{len(part)} rows",
            reason=reason,
            details={"ids": part},
        )


def rows_of(model_admin: ModelAdmin, request: HttpRequest, object_id: str | None) -> QuerySet:
    """The row of a page; none for an action of a list as a whole."""
    if object_id is None:
        return model_admin.get_queryset(request).none()
    return model_admin.get_queryset(request).filter(pk=unquote(object_id))


def ask(
    model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet, words: dict[str, Any]
) -> HttpResponse:
    nothing_was_done()
    shown = list(rows[:NAMED_ROWS])
    context = model_admin.admin_site.each_context(request) | words
    context |= {
        "rows": shown,
        "more": max(0, rows.count() - len(shown)),
        "carried": carried(request),
        "opts": model_admin.model._meta,
        "media": model_admin.media + words["form"].media,
    }
    return TemplateResponse(request, "audit/ask.html", context)


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """What the list's form said, to be said again with the answer."""
    return [(name, value) for name in CARRIED for value in request.POST.getlist(name)]
