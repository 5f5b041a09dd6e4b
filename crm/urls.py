"""Every address of the product."""

from django.urls import include, path

from crm import api

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("api/", include(api)),
    path("", include("crm.kit.urls")),
    path("", include("crm.accounts.urls")),
    path("", include("customers.urls")),
    path("", include("sales.urls")),
    path("", include("service.urls")),
    path("", include("marketing.urls")),
    path("", include("insights.urls")),
    path("", include("alerts.urls")),
]

handler400 = "crm.kit.views.bad_request"
handler404 = "crm.kit.views.not_found"
handler500 = "crm.kit.views.server_error"
