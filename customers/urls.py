"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from customers import editing, views
from customers.privacy import settings_views
from customers.privacy import views as privacy

urlpatterns: list[URLPattern | URLResolver] = [
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
    path("customers/<int:pk>/privacy/", privacy.PrivacyPage.as_view(), name="customer-privacy"),
    path("customers/<int:pk>/privacy/copy/", privacy.CopyData.as_view(), name="customer-copy"),
    path("customers/<int:pk>/privacy/hold/", privacy.HoldCustomer.as_view(), name="customer-hold"),
    path("customers/<int:pk>/erase/", privacy.EraseCustomer.as_view(), name="customer-erase"),
    path("contacts/<int:pk>/erase/", privacy.EraseContact.as_view(), name="contact-erase"),
    path("privacy/copies/<uuid:token>/", privacy.FetchCopy.as_view(), name="person-copy"),
    path("settings/consent/", settings_views.ConsentSettings.as_view(), name="settings-consent"),
    path("settings/consent/purposes/", settings_views.AddPurpose.as_view(), name="settings-consent-purposes"),
    path(
        "settings/consent/purposes/<int:pk>/", settings_views.SwitchPurpose.as_view(), name="settings-consent-purpose"
    ),
    path("settings/retention/", settings_views.RetentionSettings.as_view(), name="settings-retention"),
]
