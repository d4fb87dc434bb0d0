from django.urls import path

from apps.staff import views

urlpatterns = [
    path("", views.own_two_factor, name="own-two-factor"),
    path("code/", views.enter_code, name="two-factor"),
    path("set-up/", views.set_up, name="two-factor-setup"),
]
