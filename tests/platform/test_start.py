"""Starting by hand: commands that run alone, and every reason not to start is a sentence."""

import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest

from crm.supervisor.embedded import Embedded
from crm.supervisor.places import make_data_dir
from crm.supervisor.postgres import memory, sized
from crm.supervisor.rights import grant
from tests.platform.running import manage


@pytest.fixture
def data_dir():
    with tempfile.TemporaryDirectory(prefix="vantage-start-") as home:
        Path(home).chmod(0o755)
        yield Path(home) / "data"


def sentence(done):
    """Standard error of a command that must fail in words."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_in_use_is_a_sentence(data_dir):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = manage(data_dir, "up", "--port", str(port))
    assert f"Port {port} cannot be used" in sentence(done)


def test_a_half_made_data_folder_is_a_sentence(data_dir):
    folder = data_dir / "postgres" / "data"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")
    words = sentence(manage(data_dir, "check_health"))
    assert str(data_dir / "postgres") in words


def test_an_interrupted_first_start_is_begun_again(data_dir):
    servers = Embedded(data_dir, redis=False)
    rest = servers_home(servers) / "data.new"
    rest.mkdir()
    (rest / "rubbish").write_text("half")
    assert servers.start(tied=True)
    servers.release()
    assert not rest.exists()


def servers_home(servers):
    make_data_dir(servers.data_dir)
    return servers.postgres.home


def test_the_last_one_out_stops_the_servers(data_dir):
    first, second = Embedded(data_dir), Embedded(data_dir)
    assert first.start(tied=True)
    assert not second.start(tied=True)
    first.release()
    assert second.postgres.alive()
    second.release()
    assert second.postgres.pid() is None
    assert second.redis.pid() is None


def test_stale_lock_files_of_a_killed_server_do_not_matter(data_dir):
    servers = Embedded(data_dir)
    servers.start(tied=True)
    os.kill(servers.postgres.pid(), signal.SIGKILL)
    os.kill(servers.redis.pid(), signal.SIGKILL)
    time.sleep(0.3)
    (servers.postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers.postgres.data}\n")
    servers.start(tied=True)
    assert servers.postgres.alive()
    assert servers.redis.alive()
    servers.release()


def test_a_long_path_gets_its_sockets_elsewhere(data_dir):
    servers = Embedded(data_dir / ("deep" * 20) / "er", redis=True)
    servers.start(tied=True)
    assert len(str(servers.postgres.socket_dir)) < 60
    assert servers.postgres.alive()
    servers.release()


def test_wrong_settings_are_told_without_a_traceback(data_dir):
    done = manage(data_dir, "check", PORT="x", CRM_TIME_ZONE="nowhere")
    words = sentence(done)
    assert "PORT" in words
    assert "CRM_TIME_ZONE" in words


def test_the_application_role_cannot_alter_the_audit_trail(data_dir):
    servers = Embedded(data_dir, redis=False)
    servers.start(tied=True)
    try:
        owner = servers.postgres.connect("vantage")
        with owner, owner.cursor() as cursor:
            cursor.execute("CREATE TABLE accounts_auditentry (id int); CREATE TABLE other (id int)")
            grant(cursor, "vantage_app")
        owner.close()
        app = servers.postgres.connect("vantage", "vantage_app")
        app.autocommit = True
        with app.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_auditentry VALUES (1); INSERT INTO other VALUES (1)")
            cursor.execute("UPDATE other SET id = 2; DELETE FROM other; ANALYZE other")
            for attempt in (
                "UPDATE accounts_auditentry SET id = 2",
                "DELETE FROM accounts_auditentry",
                "TRUNCATE accounts_auditentry",
                "DROP TABLE accounts_auditentry",
                "ALTER TABLE accounts_auditentry ADD x int",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(attempt)
        app.close()
    finally:
        servers.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a private home that its servers cannot enter")
def test_under_a_private_folder_roots_database_gets_a_place_outside(data_dir):
    data_dir.parent.chmod(0o700)
    servers = Embedded(data_dir, redis=False)
    assert servers.start(tied=True)
    home = servers.postgres.home
    servers.release()
    assert data_dir not in home.parents
    assert Embedded(data_dir).postgres.home == home, "the place is remembered"
    assert data_dir.parent.stat().st_mode & 0o777 == 0o700, "no permission outside the data folder changes"
    shutil.rmtree(home)


@pytest.mark.parametrize(
    "megabytes, buffers", [(256, "128MB"), (2_048, "256MB"), (8_192, "1024MB"), (65_536, "1024MB")]
)
def test_the_database_takes_an_eighth_of_the_memory_up_to_a_gigabyte(megabytes: int, buffers: str) -> None:
    assert sized(megabytes)["shared_buffers"] == buffers
    assert memory() > 0
