from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "crm.kit"
    label = "kit"
