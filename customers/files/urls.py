"""Addresses of files."""

from django.urls import path

from customers.files import views

urlpatterns = [
    path("files/<slug:object>/<int:pk>/", views.Files.as_view(), name="files"),
    path("files/<uuid:token>/", views.FetchFile.as_view(), name="file"),
    path("files/<uuid:token>/remove/", views.RemoveFile.as_view(), name="file-remove"),
    path("files/<uuid:token>/restore/", views.RestoreFile.as_view(), name="file-restore"),
]
