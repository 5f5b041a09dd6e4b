"""Addresses of the wizard, below ``/data/import/``."""

from django.urls import URLPattern, path

from customers.imports.wizard import story  # noqa: F401  (it enters its tellers)
from customers.imports.wizard.check_page import CheckPage, Discard
from customers.imports.wizard.files import RejectsFile
from customers.imports.wizard.listing import ImportList
from customers.imports.wizard.mapping_page import MapPage
from customers.imports.wizard.result_page import ResultPage
from customers.imports.wizard.run_page import RunPage
from customers.imports.wizard.undo_page import UndoPage
from customers.imports.wizard.upload import ChangeUpload, Resume, Template, UploadPage

urlpatterns: list[URLPattern] = [
    path("data/import/", ImportList.as_view(), name="imports"),
    path("data/import/new/", UploadPage.as_view(), name="import-new"),
    path("data/import/template/<slug:kind>/", Template.as_view(), name="import-template"),
    path("data/import/<uuid:token>/", Resume.as_view(), name="import-open"),
    path("data/import/<uuid:token>/upload/", ChangeUpload.as_view(), name="import-upload"),
    path("data/import/<uuid:token>/map/", MapPage.as_view(), name="import-map"),
    path("data/import/<uuid:token>/check/", CheckPage.as_view(), name="import-check"),
    path("data/import/<uuid:token>/discard/", Discard.as_view(), name="import-discard"),
    path("data/import/<uuid:token>/run/", RunPage.as_view(), name="import-run"),
    path("data/import/<uuid:token>/result/", ResultPage.as_view(), name="import-result"),
    path("data/import/<uuid:token>/rejects/", RejectsFile.as_view(), name="import-rejects"),
    path("data/import/<uuid:token>/undo/", UndoPage.as_view(), name="import-undo"),
]
