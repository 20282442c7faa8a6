"""Inbound webhooks: chat channels, the text-message provider, and official warnings."""

from collections.abc import Callable

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from casework.domain import errors
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.hooks import (
    aliyun,
    cap,
    chat,
    dingtalk,
    doors,
    telegram,
    twilio_status,
    voice,
    wecom,
)


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang this room's addresses onto the application."""
    del settings, runtime  # both are found in the application when a request comes
    hooks = Blueprint("hooks", __name__)
    hooks.before_request(doors.bound_body)
    hooks.register_error_handler(errors.CaseworkError, doors.problem)
    hooks.register_error_handler(HTTPException, doors.http_problem)
    for room in (twilio_status, voice, chat, telegram, dingtalk, wecom, aliyun, cap):
        room.hang(hooks)
    app.register_blueprint(hooks)
