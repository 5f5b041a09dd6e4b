"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from marketing import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("marketing/campaigns/", views.CampaignList.as_view(), name="campaigns"),
    path("marketing/campaigns/<int:pk>/", views.CampaignPage.as_view(), name="campaign"),
]
