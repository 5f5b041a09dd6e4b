"""Addresses of duplicates and merges."""

from django.urls import URLPattern, URLResolver, path

from customers.duplicates import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("data/duplicates/", views.DuplicateList.as_view(), name="duplicates"),
    path("data/duplicates/scan/", views.ScanNow.as_view(), name="duplicates-scan"),
    path("data/duplicates/certain/", views.MergeCertain.as_view(), name="duplicates-certain"),
    path("data/duplicates/jobs/<uuid:token>/split/", views.SplitAgain.as_view(), name="duplicates-split"),
    path("data/duplicates/<int:pk>/", views.DuplicatePage.as_view(), name="duplicate"),
    path("data/duplicates/<int:pk>/merge/", views.MergePair.as_view(), name="duplicate-merge"),
    path("data/duplicates/<int:pk>/ignore/", views.IgnorePair.as_view(), name="duplicate-ignore"),
    path("data/duplicates/<int:pk>/reopen/", views.ReopenPair.as_view(), name="duplicate-reopen"),
    path("customers/merges/<int:pk>/split/", views.Unmerge.as_view(), name="customer-unmerge"),
]
