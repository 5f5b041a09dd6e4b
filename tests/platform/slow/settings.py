from crm.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.platform.slow"]  # noqa: F405
