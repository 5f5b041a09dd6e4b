"""Addresses of followers and mentions."""

from django.urls import path

from customers.following import views

urlpatterns = [
    path("follow/<slug:object>/<int:pk>/", views.ToggleFollow.as_view(), name="follow"),
    path("customers/<int:pk>/mention/", views.PickMentions.as_view(), name="customer-mention"),
]
