"""The web part: everything is loaded once, before the server makes its processes, and so shared by them.

What is loaded stays: looking for garbage meanwhile finds next to nothing and takes a third of the time.
"""

import gc
import os
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.template.loader import get_template
from django.urls import get_resolver

from crm.conf import BASE_DIR

gc.disable()
TEMPLATES = BASE_DIR / "templates"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
application = get_wsgi_application()
get_resolver().check()  # loads every view
for path in TEMPLATES.rglob("*.html"):
    get_template(path.relative_to(TEMPLATES).as_posix())
gc.enable()


@receiver(connection_created)
def _work_alone(connection: BaseDatabaseWrapper, **_named: Any) -> None:
    """Calling in helper processes of the database costs a page more than they save, and others their processor."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
