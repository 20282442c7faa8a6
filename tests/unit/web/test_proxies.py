"""Whose address counts behind a proxy."""

from pathlib import Path

import pytest
from flask import request

import app
from casework.settings import Settings

FORWARDED = {"X-Forwarded-For": "203.0.113.9, 203.0.113.7"}


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.7"), (2, "203.0.113.9")])
def test_a_caller_is_whom_the_last_trusted_proxy_saw(tmp_path: Path, proxies: int, address: str) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'x.sqlite3'}", demo=True, proxies=proxies)
    made = app.create_app(settings)
    made.add_url_rule("/whose", view_func=lambda: str(request.remote_addr), endpoint="whose")

    assert made.test_client().get("/whose", headers=FORWARDED).text == address
