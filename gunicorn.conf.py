"""How gunicorn serves Vantage; read by ``gunicorn crm.wsgi:application`` from this folder."""

import gc
import os
import signal
from typing import Any

from crm.conf import CONF
from crm.supervisor.processes import die_with_parent

bind = os.environ.get("CRM_BIND", f"127.0.0.1:{CONF.port}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 32  # open pages hold one each for their event stream; crm.kit.live caps those
preload_app = True
timeout = 60
graceful_timeout = 3
keepalive = 15
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
wsgi_app = "crm.wsgi:application"
control_socket_disable = True
errorlog = "-"
loglevel = "warning"
limit_request_line = 8190
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")


def pre_fork(_server: Any, _worker: Any) -> None:
    """Keep what is loaded out of the collector's way, so that the workers go on sharing it."""
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, _worker: Any) -> None:
    """A worker never outlives its master, however that one dies; it collects garbage a few times per page.

    With Python's own 700 objects it would look some sixty times while it draws one page: a sixth of the time. With
    50,000 the garbage of all threads weighs 30 MB.
    """
    die_with_parent(signal.SIGTERM, parent=os.getppid())()
    gc.set_threshold(3_000, 10, 10)
