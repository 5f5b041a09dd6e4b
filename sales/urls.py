"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

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
]
