"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, include, path

from customers import customfields, editing, family, people, picks, points, trash, views
from customers.composer.urls import urlpatterns as composer
from customers.files.urls import urlpatterns as files
from customers.following.urls import urlpatterns as following
from customers.imports.wizard.urls import urlpatterns as wizard
from customers.privacy import settings_views
from customers.privacy import views as privacy
from customers.quality.urls import urlpatterns as quality

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("customers.duplicates.urls")),
    path("customers/", views.CustomerList.as_view(), name="customers"),
    path("customers/new/", editing.NewCustomer.as_view(), name="customer-new"),
    path("customers/similar/", editing.Similar.as_view(), name="customer-similar"),
    path("customers/pick/", picks.PickCustomers.as_view(), name="customers-pick"),
    path("customers/pick/companies/", picks.PickCompanies.as_view(), name="companies-pick"),
    path("customers/preview/", views.PreviewLayout.as_view(), name="customer-preview"),
    path("customers/trash/", trash.TrashList.as_view(), name="customers-trash"),
    path("customers/trash/purge/", trash.PurgeTrash.as_view(), name="customers-trash-purge"),
    path("customers/<int:pk>/", views.CustomerPage.as_view(), name="customer"),
    path("customers/<int:pk>/edit/", editing.EditCustomer.as_view(), name="customer-edit"),
    path("customers/<int:pk>/own/<str:name>/", customfields.EditOwnField.as_view(), name="customer-own-field"),
    path("customers/<int:pk>/own/<str:name>/unmask/", customfields.Unmask.as_view(), name="customer-unmask"),
    path("customers/<int:pk>/more/", editing.MoreOfCustomer.as_view(), name="customer-more"),
    path("customers/<int:pk>/fields/<slug:name>/", editing.EditCustomerField.as_view(), name="customer-field"),
    path(
        "customers/<int:pk>/fields/<slug:name>/history/",
        editing.CustomerFieldHistory.as_view(),
        name="customer-history",
    ),
    path("customers/<int:pk>/timeline/", views.TimelinePart.as_view(), name="customer-timeline"),
    path("customers/<int:pk>/step/", views.CustomerStep.as_view(), name="customer-step"),
    path("customers/<int:pk>/tags/", editing.ChangeTags.as_view(), name="customer-tags"),
    path("customers/<int:pk>/points/", points.Points.as_view(), name="customer-points"),
    path("customers/<int:pk>/points/<int:point>/", points.Point.as_view(), name="customer-point"),
    path("customers/<int:pk>/points/<int:point>/remove/", points.RemovePoint.as_view(), name="customer-point-remove"),
    path("customers/<int:pk>/points/undo/<int:state>/", points.UndoPoint.as_view(), name="customer-point-undo"),
    path("customers/<int:pk>/family/", family.Family.as_view(), name="customer-family"),
    path("customers/<int:pk>/relations/", family.Relations.as_view(), name="customer-relations"),
    path(
        "customers/<int:pk>/relations/<int:relation>/remove/",
        family.RemoveRelation.as_view(),
        name="customer-relation-remove",
    ),
    path("customers/<int:pk>/contacts/", people.CustomerContacts.as_view(), name="customer-contacts"),
    path("customers/<int:pk>/trash/", editing.TrashCustomer.as_view(), name="customer-trash"),
    path("customers/<int:pk>/restore/", editing.RestoreCustomer.as_view(), name="customer-restore"),
    path("contacts/", people.ContactList.as_view(), name="contacts"),
    path("contacts/new/", editing.NewContact.as_view(), name="contact-new"),
    path("contacts/pick/", picks.PickContacts.as_view(), name="contacts-pick"),
    path("contacts/trash/", trash.ContactTrashList.as_view(), name="contacts-trash"),
    path("contacts/trash/purge/", trash.PurgeContacts.as_view(), name="contacts-trash-purge"),
    path("contacts/<int:pk>/", people.ContactPage.as_view(), name="contact"),
    path("contacts/<int:pk>/edit/", editing.EditContact.as_view(), name="contact-edit"),
    path("contacts/<int:pk>/own/<str:name>/unmask/", people.UnmaskOfContact.as_view(), name="contact-unmask"),
    path("contacts/<int:pk>/more/", editing.MoreOfContact.as_view(), name="contact-more"),
    path("contacts/<int:pk>/fields/<slug:name>/", editing.EditContactField.as_view(), name="contact-field"),
    path(
        "contacts/<int:pk>/fields/<slug:name>/history/", editing.ContactFieldHistory.as_view(), name="contact-history"
    ),
    path("contacts/<int:pk>/tags/", editing.ChangeContactTags.as_view(), name="contact-tags"),
    path("contacts/<int:pk>/talk/", people.ContactTalk.as_view(), name="contact-talk"),
    path("contacts/<int:pk>/roles/", people.ContactRoles.as_view(), name="contact-roles"),
    path("contacts/<int:pk>/points/", points.ContactPoints.as_view(), name="contact-points"),
    path("contacts/<int:pk>/points/<int:point>/", points.ContactPointForm.as_view(), name="contact-point"),
    path(
        "contacts/<int:pk>/points/<int:point>/remove/", points.RemoveContactPoint.as_view(), name="contact-point-remove"
    ),
    path("contacts/<int:pk>/points/undo/<int:state>/", points.UndoContactPoint.as_view(), name="contact-point-undo"),
    path("contacts/<int:pk>/trash/", editing.TrashContact.as_view(), name="contact-trash"),
    path("contacts/<int:pk>/restore/", editing.RestoreContact.as_view(), name="contact-restore"),
    path("contact-roles/<int:pk>/", people.EditRole.as_view(), name="contact-role"),
    path("contact-roles/<int:pk>/change/", people.ChangeRole.as_view(), name="contact-role-change"),
    path("settings/relations/", family.RelationTypes.as_view(), name="settings-relations"),
    path("settings/relations/<int:pk>/", family.EditRelationType.as_view(), name="settings-relation"),
    path("settings/relations/<int:pk>/switch/", family.SwitchRelationType.as_view(), name="settings-relation-switch"),
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
    *wizard,
    *files,
    *composer,
    *following,
]
urlpatterns += quality
