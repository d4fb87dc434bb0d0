"""Where operators fill in what the apps show."""

from django.contrib import admin
from django.utils.html import format_html
from unfold.admin import TabularInline

from apps.site import models
from config.admin import ModelAdmin, ReadOnlyAdmin


@admin.register(models.AppSetting)
class AppSettingAdmin(ModelAdmin):
    list_display = ("type", "value", "note")
    search_fields = ("type", "note")


@admin.register(models.HtmlPage)
class HtmlPageAdmin(ModelAdmin):
    list_display = ("name", "title", "updated_at")
    search_fields = ("name", "title")


@admin.register(models.AppSlider)
class AppSliderAdmin(ModelAdmin):
    list_display = ("id", "image", "url", "position", "is_shown")
    list_editable = ("position", "is_shown")


class InterestInline(TabularInline):
    model = models.Interest
    extra = 0


@admin.register(models.InterestSection)
class InterestSectionAdmin(ModelAdmin):
    list_display = ("title", "position")
    search_fields = ("title", "interests__title")
    inlines = (InterestInline,)


@admin.register(models.Language)
class LanguageAdmin(ModelAdmin):
    list_display = ("code", "name", "position")
    search_fields = ("code", "name")


@admin.register(models.Sticker)
class StickerAdmin(ModelAdmin):
    list_display = ("title", "drawing", "category", "position", "is_shown", "used_count")
    list_display_links = ("title", "drawing")
    list_editable = ("position", "is_shown")
    list_filter = ("category", "is_shown")
    search_fields = ("title", "category")
    readonly_fields = ("used_count", "created_at")

    @admin.display(description="")
    def drawing(self, sticker: models.Sticker) -> str:
        return format_html('<img src="{}" alt="" height="40">', sticker.image.url)


@admin.register(models.InterestPick)
class InterestPickAdmin(ReadOnlyAdmin):
    list_display = ("user", "interest")
    list_filter = ("interest",)
    search_fields = ("user__username", "=user__id")
    list_select_related = ("user", "interest")


@admin.register(models.LanguagePick)
class LanguagePickAdmin(ReadOnlyAdmin):
    list_display = ("user", "language")
    list_filter = ("language",)
    search_fields = ("user__username", "=user__id")
    list_select_related = ("user", "language")
