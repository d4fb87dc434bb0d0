"""Operators' view of chat groups."""

from django.contrib import admin
from unfold.admin import TabularInline

from apps.groups.models import ChatGroup, Membership
from config.admin import ReadOnlyAdmin


class MembershipInline(TabularInline):
    model = Membership
    fields = readonly_fields = ("user", "joined_at")
    extra = 0
    can_delete = False


@admin.register(ChatGroup)
class ChatGroupAdmin(ReadOnlyAdmin):
    list_display = ("id", "title", "owner", "created_at")
    search_fields = ("=id", "title", "owner__username")
    list_select_related = ("owner",)
    inlines = (MembershipInline,)
