"""Addresses of the composer."""

from django.urls import path

from customers.composer import views

urlpatterns = [
    path("customers/<int:pk>/log/", views.LogActivity.as_view(), name="customer-log"),
    path("customers/<int:pk>/compose/", views.Compose.as_view(), name="customer-compose"),
    path("customers/<int:pk>/draft/", views.SaveDraft.as_view(), name="customer-draft"),
    path("customers/<int:pk>/draft/discard/", views.DiscardDraft.as_view(), name="customer-draft-discard"),
    path("customers/<int:pk>/draft/<slug:kind>/restore/", views.RestoreDraft.as_view(), name="customer-draft-restore"),
    path("mails/<uuid:token>/again/", views.MailAgain.as_view(), name="mail-again"),
]
