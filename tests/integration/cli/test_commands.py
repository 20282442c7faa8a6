"""The commands as an operator types them: what they do, what they refuse, and with which words."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import app as application
from casework import ids, settings
from casework.analytics import health, listings
from casework.cli import single, told
from casework.domain.messages import Message, MessageState
from casework.domain.people import Scope

PROJECT = Path(__file__).parents[3]
MAPPING = """
id: nr
type: {value: report}
time: {column: when, as: time}
data:
  text: what
  lat: {column: lat, as: number}
  lon: {column: lon, as: number}
  reporter.channel: {value: phone}
"""
CSV = """\
nr,when,what,lat,lon
1,2026-05-01 08:00,路灯不亮,31.2,121.4
2,2026-05-01 08:05,积水,31.2,121.5
3,2026-05-01 08:10,噪音,north,121.4
4,2026-05-01 08:15,torn
"""


class Shell:
    """Runs commands against one database, as `flask --app app` does."""

    def __init__(self, database_url):
        parsed = settings.parse(
            {"GONGZHI_DATABASE_URL": database_url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"}
        )
        self.settings = parsed
        self.app = application.create_app(parsed)
        self._runner = self.app.test_cli_runner()

    @property
    def runtime(self):
        return self.app.extensions["gongzhi"]()

    def run(self, *words, **more):
        return self._runner.invoke(args=[str(word) for word in words], **more)

    def counts(self):
        with self.runtime.reading() as connection:
            return health.count(connection)


@pytest.fixture
def shell(database_url):
    made = Shell(database_url)
    yield made
    made.runtime.close()


@pytest.fixture
def sqlite_shell(sqlite_url):
    made = Shell(sqlite_url)
    yield made
    made.runtime.close()


@pytest.fixture
def mapping(tmp_path):
    file = tmp_path / "mapping.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text(CSV, encoding="utf-8")
    return file


@pytest.fixture
def service(sqlite_shell):
    """A process that holds the database as a service does."""
    file = told.database_file(sqlite_shell.settings)
    held = single.claim(file.with_name(file.name + ".lock"), wait_s=0)
    yield
    held.release()


def test_an_import_takes_the_good_rows_and_sets_the_bad_ones_aside_with_their_line(shell, table, mapping):
    shell.run("sources", "create", "hotline")

    done = shell.run("events", "import", table, "--source", "hotline", "--mapping", mapping)

    assert (done.exit_code, done.stdout) == (0, "2 accepted, 0 known already, 2 in quarantine; 4 rows\n")
    with shell.runtime.reading() as connection:
        assert any("torn" in body for body in listings.quarantined_bodies(connection, "hotline"))
    with shell.runtime.uows() as uow:
        taken = uow.events.find("hotline", "1")
    assert taken.time.isoformat() == "2026-05-01T00:00:00+00:00"
    assert taken.data["reporter"] == {"channel": "phone"}


def test_the_same_file_again_changes_nothing(shell, table, mapping):
    shell.run("sources", "create", "hotline")
    words = ("events", "import", table, "--source", "hotline", "--mapping", mapping)
    shell.run(*words)
    before = shell.counts()

    again = shell.run(*words)

    assert again.stdout == "0 accepted, 4 known already, 0 in quarantine; 4 rows\n"
    assert shell.counts() == before


def test_whatever_the_bytes_a_bad_line_is_kept_visibly(shell, tmp_path):
    shell.run("sources", "create", "hotline")
    good = {"specversion": "1.0", "id": "a", "source": "hotline", "type": "report", "data": {"text": "x"}}
    lines = [
        json.dumps(good).encode(),
        b"{not json",
        b'["a list"]',
        b'{"\x00": 1',
        b"\xff\xfe",
        json.dumps(good | {"id": "b", "data": {"text": "\ud800", "\0": "\ud800"}}).encode(),
        b"[" * 100_000,
    ]
    file = tmp_path / "lines.jsonl"
    file.write_bytes(b"\n".join(lines))

    done = shell.run("events", "import", file, "--source", "hotline")

    assert done.stdout == "1 accepted, 0 known already, 6 in quarantine; 7 rows\n"
    with shell.runtime.reading() as connection:
        bodies = list(listings.quarantined_bodies(connection, "hotline"))
    assert '{"␀": 1\n' in bodies
    assert "\\udcff\\udcfe\n" in bodies


def test_a_file_in_another_encoding_is_read_when_it_is_named(shell, tmp_path, mapping):
    shell.run("sources", "create", "hotline")
    file = tmp_path / "calls.csv"
    file.write_text("\n".join(CSV.splitlines()[:3]), encoding="gb18030")
    words = ("events", "import", file, "--source", "hotline", "--mapping", mapping)

    assert shell.run(*words, "--encoding", "gb18030").stdout.startswith("2 accepted, 0 known")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("type: [", ":1: "),
        ("a: 1", "a: is not known"),
        ("data: {text: what}", "type: is missing"),
        ("type: {value: report}", "data: must name at least one field"),
        ("type: {value: x}\ndata: {lat: {coloumn: lat}}", "data.lat: 'coloumn' is not known"),
        ("type: {value: x}\ndata: {lat: {column: lat, as: int}}", "data.lat: `as` must be one of"),
        ("type: {value: x}\ndata: {text: wat}", "has no column wat; it has nr, when, what"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_before_anything_is_taken(
    sqlite_shell, table, mapping, text, sentence
):
    sqlite_shell.run("sources", "create", "hotline")
    mapping.write_text(text, encoding="utf-8")

    done = sqlite_shell.run("events", "import", table, "--source", "hotline", "--mapping", mapping)

    assert done.exit_code == 1
    assert str(mapping) in done.stderr
    assert sentence in done.stderr
    assert sqlite_shell.counts().quarantined == 0


def test_an_import_names_what_is_missing(sqlite_shell, table, tmp_path):
    sqlite_shell.run("sources", "create", "hotline")

    unknown = sqlite_shell.run("events", "import", table, "--source", "hotlien")
    unmapped = sqlite_shell.run("events", "import", table, "--source", "hotline")
    absent = sqlite_shell.run("events", "import", tmp_path / "none.csv", "--source", "hotline")

    assert (unknown.exit_code, unmapped.exit_code, absent.exit_code) == (1, 2, 2)
    assert "there is no source 'hotlien'; known are hotline" in unknown.stderr
    assert "a CSV file needs --mapping" in unmapped.stderr
    assert "does not exist" in absent.stderr


def test_beside_a_running_service_short_changes_are_made_and_long_ones_refused(
    sqlite_shell, service, table, mapping, tmp_path
):
    created = sqlite_shell.run("sources", "create", "hotline")
    person = sqlite_shell.run("users", "create", "li", "--role", "dispatcher", "--password", "long enough")
    kept = sqlite_shell.run("backup", tmp_path / "kept.db")
    imported = sqlite_shell.run("events", "import", table, "--source", "hotline", "--mapping", mapping)
    restored = sqlite_shell.run("restore", tmp_path / "kept.db", "--force")

    assert (created.exit_code, person.exit_code, kept.exit_code) == (0, 0, 0)
    assert (imported.exit_code, restored.exit_code) == (1, 1)
    assert f"process {os.getpid()} still holds" in imported.stderr
    assert "POST /api/v1/events" in imported.stderr
    assert "only while nobody works on it" in restored.stderr


def test_what_was_backed_up_comes_back_and_what_came_since_is_gone(shell, tmp_path):
    shell.run("sources", "create", "kept")
    shell.run("backup", tmp_path / "kept.backup")
    shell.run("sources", "create", "later")
    shell.runtime.close()

    refused = shell.run("restore", tmp_path / "kept.backup")
    done = shell.run("restore", tmp_path / "kept.backup", "--force")

    assert refused.exit_code == 1
    assert re.search(r"the database holds [0-9]+ rows; --force replaces them", refused.stderr)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("restored: schema at ")
    with told.looking(shell.settings) as cursor:
        assert cursor.execute("select name from sources").fetchall() == [("kept",)]


def test_a_file_that_is_no_backup_changes_nothing(shell, tmp_path):
    shell.run("sources", "create", "kept")
    (tmp_path / "no.backup").write_text("nothing of ours", encoding="utf-8")

    done = shell.run("restore", tmp_path / "no.backup", "--force")

    assert done.exit_code == 1
    assert "nothing was changed" in done.stderr
    assert told.row_counts(shell.settings)["sources"] == 1


def test_a_backup_does_not_overwrite_and_leaves_nothing_half_done(shell, tmp_path):
    (tmp_path / "there").write_text("mine", encoding="utf-8")

    done = shell.run("backup", tmp_path / "there")
    nowhere = shell.run("backup", tmp_path / "no" / "folder")

    assert (done.exit_code, nowhere.exit_code) == (1, 1)
    assert "exists already" in done.stderr
    assert (tmp_path / "there").read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_of_a_live_database_is_one_whole_file(sqlite_shell, tmp_path):
    sqlite_shell.run("sources", "create", "kept")

    done = sqlite_shell.run("backup", tmp_path / "kept.db")

    assert done.stdout == f"written to {tmp_path / 'kept.db'}\n"
    assert not list(tmp_path.glob("kept.db-*"))
    copy = sqlite3.connect(tmp_path / "kept.db")
    assert copy.execute("select count(*) from sources").fetchone() == (1,)
    copy.close()


def failed(runtime, body, state=MessageState.FAILED):
    now = runtime.clock()
    message = Message(
        id=ids.new(),
        case_id=None,
        purpose="reporter_received",
        channel="sms",
        address="+15005550006",
        language="zh",
        body=body,
        segments=1,
        created_at=now,
        state=state,
        error="30003",
    )
    with runtime.uows() as uow:
        uow.messages.add(message)
        uow.commit()
    return message.id


def state_of(runtime, message_id):
    with runtime.uows(reading=True) as uow:
        return uow.messages.get(message_id).state


def test_every_failed_text_waits_again_but_one_whose_link_is_gone(shell):
    plain = failed(shell.runtime, "we have your report")
    linked = failed(shell.runtime, "open http://127.0.0.1/c/ab-d…")
    sent = failed(shell.runtime, "sent", MessageState.SENT)

    done = shell.run("outbox", "retry", "--all")

    assert done.exit_code == 0
    assert "1 wait to be sent, 1 cannot be sent again" in done.stdout
    assert "its link was struck out" in done.stderr
    states = [state_of(shell.runtime, found) for found in (plain, linked, sent)]
    assert states == [MessageState.NEW, MessageState.FAILED, MessageState.SENT]


def test_a_named_text_that_cannot_go_out_again_is_a_failure(shell):
    sent = failed(shell.runtime, "sent", MessageState.SENT)

    done = shell.run("outbox", "retry", sent, "unknown")

    assert done.exit_code == 1
    assert f"{sent}: this text is sent; only a failed one is sent again" in done.stderr
    assert "unknown: There is nothing under this name." in done.stderr
    assert shell.run("outbox", "retry").exit_code == 2


def test_a_further_key_leaves_the_source_as_it_was(sqlite_shell):
    sqlite_shell.run("sources", "create", "room", "--scope", "cases:write", "--rate", 5, "--title", "Room")

    key = sqlite_shell.run("sources", "create", "room").stdout.strip()

    with sqlite_shell.runtime.uows(reading=True) as uow:
        source = uow.registers.source("room")
    assert key.startswith("gzk_")
    assert (source.title, source.rate_per_s, source.scopes) == ("Room", 5, {Scope.CASES_WRITE})
    assert len(source.key_hashes) == 2


def test_a_name_is_given_to_one_person_only_and_a_password_is_long(sqlite_shell):
    words = ("users", "create", "li", "--role", "dispatcher", "--password")

    assert "must have 10 characters or more" in sqlite_shell.run(*words, "short").stderr
    assert sqlite_shell.run(*words, "long enough").stdout == "li may sign in as dispatcher\n"
    assert "there is a user 'li' already" in sqlite_shell.run(*words, "long enough").stderr


def test_a_self_check_fails_while_no_worker_lives_and_says_so(shell):
    done = shell.run("self-check")

    assert done.exit_code == 1
    assert "ok   database" in done.stdout
    assert "FAIL worker" in done.stdout
    assert "is the service running?" in done.stderr


def test_the_interface_is_printed_as_json(sqlite_shell):
    assert json.loads(sqlite_shell.run("openapi").stdout)["openapi"].startswith("3.1")


def test_packs_are_checked_and_a_problem_names_its_file(sqlite_shell, tmp_path):
    good = sqlite_shell.run("rules", "check", PROJECT / "scenarios")
    bad = sqlite_shell.run("rules", "check", tmp_path)

    assert "all as expected" in good.stdout
    assert (bad.exit_code, str(tmp_path) in bad.stderr) == (1, True)


def test_the_demo_city_is_loaded_once(sqlite_shell):
    assert sqlite_shell.run("dev", "seed-demo").stdout.splitlines()[-1].startswith("demo city: ")
    assert "holds a city already" in sqlite_shell.run("dev", "seed-demo").stdout


def at_a_shell(database_url, *words):
    return subprocess.run(  # noqa: S603  (our own words)
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=PROJECT,
        env={**os.environ, "GONGZHI_DATABASE_URL": database_url, "GONGZHI_DEMO": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://x", "must begin with sqlite:/// or postgresql://"),
        ("sqlite:////no/such/folder/g.db", "there is no database at /no/such/folder/g.db"),
        ("postgresql://li:secret@127.0.0.1:1/x", "the database says: "),
    ],
)
def test_a_database_that_is_not_there_is_told_in_a_sentence(url, sentence):
    done = at_a_shell(url, "self-check")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_database_without_its_schema_is_sent_to_the_upgrade_which_makes_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'g.db'}"
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "g.db").touch()

    refused = at_a_shell(url, "sources", "create", "hotline")
    upgraded = at_a_shell(url, "db", "upgrade")

    assert (refused.returncode, upgraded.returncode) == (1, 0)
    assert "is empty" in refused.stderr
    assert "db upgrade" in refused.stderr
    assert upgraded.stdout.startswith("schema at ")
