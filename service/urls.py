"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from service import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("service/tickets/", views.TicketList.as_view(), name="tickets"),
    path("service/tickets/new/", views.NewTicket.as_view(), name="ticket-new"),
    path("service/tickets/<int:pk>/", views.TicketPage.as_view(), name="ticket"),
    path("service/tickets/<int:pk>/own/", views.EditTicketFields.as_view(), name="ticket-own"),
    path("service/tickets/<int:pk>/own/<str:name>/unmask/", views.UnmaskOfTicket.as_view(), name="ticket-unmask"),
    path("service/tickets/<int:pk>/change/", views.ChangeTicket.as_view(), name="ticket-change"),
]
