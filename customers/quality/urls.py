from django.urls import path

from customers.quality import views

urlpatterns = [
    path("data/quality/", views.QualityPage.as_view(), name="quality"),
    path("data/quality/check/", views.CheckNow.as_view(), name="quality-check"),
    path("data/quality/rules/new/", views.NewRule.as_view(), name="quality-rule-new"),
    path("data/quality/rules/<int:pk>/", views.EditRule.as_view(), name="quality-rule"),
    path("data/quality/rules/<int:pk>/delete/", views.DeleteRule.as_view(), name="quality-rule-delete"),
    path("data/quality/rules/<int:pk>/mend/", views.MendRows.as_view(), name="quality-fix"),
    path("data/quality/rules/<int:pk>/rows/<int:row>/", views.LetPass.as_view(), name="quality-pass"),
]
