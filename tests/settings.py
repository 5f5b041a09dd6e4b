"""Settings of the tests: their own data folder and their own servers, away from any running Vantage.

The first process makes the folder and starts the servers; the parallel workers of pytest-xdist join.
Servers named by DATABASE_URL and REDIS_URL are used instead (CI's second run).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def _first_process() -> None:
    home = Path(tempfile.mkdtemp(prefix="vantage-test-"))
    os.environ["CRM_TEST_HOME"] = os.environ["CRM_DATA_DIR"] = str(home)
    os.environ["CRM_DATABASE_ROLE"] = "owner"
    os.environ["CRM_SITE_URL"] = "http://testserver"
    for name in ("CRM_LANGUAGE", "CRM_TIME_ZONE", "CRM_CURRENCY", "CRM_ALLOWED_HOSTS", "CRM_EMAIL_URL"):
        os.environ.pop(name, None)

    from crm.supervisor.embedded import Embedded

    servers = Embedded(
        home,
        postgres=not os.environ.get("DATABASE_URL"),
        redis=not os.environ.get("REDIS_URL"),
        postgres_settings=_FAST,
    )
    servers.start(tied=True)
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() == owner:
            servers.release()
            shutil.rmtree(home, ignore_errors=True)

    atexit.register(leave)


if os.environ.get("CRM_TEST_HOME", "") == "" or not Path(os.environ["CRM_TEST_HOME"]).is_dir():
    _first_process()

from crm.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
