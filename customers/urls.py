"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, include, path

from customers import editing, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("customers.duplicates.urls")),
    path("customers/", views.CustomerList.as_view(), name="customers"),
    path("customers/new/", editing.NewCustomer.as_view(), name="customer-new"),
    path("customers/similar/", editing.Similar.as_view(), name="customer-similar"),
    path("customers/<int:pk>/", views.CustomerPage.as_view(), name="customer"),
    path("customers/<int:pk>/edit/", editing.EditCustomer.as_view(), name="customer-edit"),
    path("customers/<int:pk>/fields/<slug:name>/", editing.EditField.as_view(), name="customer-field"),
    path("customers/<int:pk>/timeline/", views.TimelinePart.as_view(), name="customer-timeline"),
    path("customers/<int:pk>/step/", views.CustomerStep.as_view(), name="customer-step"),
    path("customers/<int:pk>/log/", editing.LogActivity.as_view(), name="customer-log"),
    path("customers/<int:pk>/tags/", editing.ChangeTags.as_view(), name="customer-tags"),
    path("customers/<int:pk>/contacts/", editing.CustomerContacts.as_view(), name="customer-contacts"),
    path("customers/<int:pk>/trash/", editing.TrashCustomer.as_view(), name="customer-trash"),
    path("customers/<int:pk>/restore/", editing.RestoreCustomer.as_view(), name="customer-restore"),
]
