import pytest

from crm import backends
from crm.conf import BadSettings, load


def test_defaults_need_no_setting_at_all():
    conf = load({})
    assert conf.data_dir.name == "var"
    assert conf.port == 8000
    assert conf.site_url == "http://127.0.0.1:8000"
    assert not conf.debug


def test_all_problems_are_told_at_once():
    with pytest.raises(BadSettings) as problem:
        load(
            {
                "PORT": "http",
                "CRM_TIME_ZONE": "Mars/Olympus",
                "DATABASE_URL": "mysql://x",
                "CRM_CURRENCY": "euro",
            }
        )
    assert len(problem.value.problems) == 4
    assert "PORT" in str(problem.value)
    assert "DATABASE_URL must start with postgres://, postgresql://." in str(problem.value)


def test_a_secret_may_come_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("k" * 50 + "\n")
    assert load({"CRM_SECRET_KEY_FILE": str(file)}).secret_key == "k" * 50


def test_a_secret_that_is_given_twice_or_unreadable_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="keep one"):
        load({"CRM_SECRET_KEY": "k" * 50, "CRM_SECRET_KEY_FILE": str(tmp_path)})
    with pytest.raises(BadSettings, match="cannot be read"):
        load({"CRM_SECRET_KEY_FILE": str(tmp_path / "absent")})


def test_the_generated_key_is_made_once_and_private(tmp_path):
    conf = load({"CRM_DATA_DIR": str(tmp_path)})
    first = backends.secret_key(conf)
    assert len(first) > 50
    assert backends.secret_key(conf) == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_urls_switch_to_servers(tmp_path):
    conf = load(
        {
            "CRM_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://app:secret@db.example:5433/crm",
            "DATABASE_OWNER_URL": "postgresql://owner:other@db.example:5433/crm",
            "REDIS_URL": "rediss://cache.example:6380/2",
        }
    )
    settings = backends.database(conf)
    assert (settings["USER"], settings["HOST"], settings["PORT"]) == ("app", "db.example", 5433)
    assert backends.app_role(conf) == "app"
    assert backends.broker_url(conf) == "rediss://cache.example:6380/2"
    assert backends.embedded(conf).servers() == []


def test_migrations_connect_as_the_owner(tmp_path):
    environ = {
        "DATABASE_URL": "postgresql://app@db/crm",
        "DATABASE_OWNER_URL": "postgresql://owner@db/crm",
        "CRM_DATABASE_ROLE": "owner",
    }
    assert backends.database(load(environ))["USER"] == "owner"


def test_the_embedded_redis_has_one_address_in_two_spellings(tmp_path):
    conf = load({"CRM_DATA_DIR": str(tmp_path)})
    path = tmp_path / "run" / "redis.sock"
    assert backends.redis_url(conf) in (f"unix://{path}?db=0", backends.redis_url(conf))
    assert backends.broker_url(conf).startswith("redis+socket:///")


def test_keys_of_sensitive_fields_are_checked_and_may_come_from_a_file(tmp_path):
    good = "k2:" + "A" * 43 + "=,k1:" + "b" * 43
    assert load({"CRM_FIELD_KEYS": good}).field_keys == good
    file = tmp_path / "keys"
    file.write_text(good + "\n")
    assert load({"CRM_FIELD_KEYS_FILE": str(file)}).field_keys == good
    for bad in ("A" * 43, "k1:short", good + ",", "k 1:" + "A" * 43):
        with pytest.raises(BadSettings, match="CRM_FIELD_KEYS is a list"):
            load({"CRM_FIELD_KEYS": bad})


def test_an_embedded_installation_makes_keys_of_its_own_once(tmp_path):
    conf = load({"CRM_DATA_DIR": str(tmp_path)})
    made = backends.field_key_file(conf)
    text = (tmp_path / "field-keys").read_text()
    assert made == str(tmp_path / "field-keys") and text.startswith("k1:")
    assert backends.field_key_file(conf) == made and (tmp_path / "field-keys").read_text() == text
    assert (tmp_path / "field-keys").stat().st_mode & 0o077 == 0
    assert backends.field_key_file(load({"CRM_DATA_DIR": str(tmp_path), "CRM_SECRET_KEY": "k" * 50})) == ""
