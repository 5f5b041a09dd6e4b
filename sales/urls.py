"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from sales import activity_views as tasks
from sales import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("sales/orders/", views.OrderList.as_view(), name="orders"),
    path("sales/orders/<int:pk>/", views.OrderPage.as_view(), name="order"),
    path("sales/deals/", views.DealList.as_view(), name="deals"),
    path("sales/deals/new/", views.NewDeal.as_view(), name="deal-new"),
    path("sales/deals/<int:pk>/", views.DealPage.as_view(), name="deal"),
    path("sales/deals/<int:pk>/own/", views.EditDealFields.as_view(), name="deal-own"),
    path("sales/deals/<int:pk>/own/<str:name>/unmask/", views.UnmaskOfDeal.as_view(), name="deal-unmask"),
    path("sales/deals/<int:pk>/move/", views.MoveDeal.as_view(), name="deal-move"),
    path("sales/activities/", tasks.ActivityList.as_view(), name="activities"),
    path("sales/activities/new/", tasks.NewActivity.as_view(), name="activity-new"),
    path("sales/activities/<int:pk>/", tasks.ActivityPage.as_view(), name="activity"),
    path("sales/activities/<int:pk>/edit/", tasks.EditActivity.as_view(), name="activity-edit"),
    path("sales/activities/<int:pk>/complete/", tasks.Complete.as_view(), name="activity-complete"),
    path("sales/activities/<int:pk>/reopen/", tasks.Reopen.as_view(), name="activity-reopen"),
    path("sales/activities/<int:pk>/cancel/", tasks.Cancel.as_view(), name="activity-cancel"),
    path("sales/activities/<int:pk>/snooze/", tasks.Snooze.as_view(), name="activity-snooze"),
    path("sales/activities/<int:pk>/delete/", tasks.Delete.as_view(), name="activity-delete"),
    path("sales/activities/<int:pk>/undo/<int:event>/", tasks.Undo.as_view(), name="activity-undo"),
]
