"""The events that benchmarks send: readings of a sensor that no rule is about, and residents' reports."""

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.support.house import SOURCE

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def reading(event_id: str, value: float = 21.5) -> dict[str, Any]:
    """Make a reading that is judged and matches nothing, of about 260 bytes."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "reading",
        "subject": f"sensor-{hash(event_id) % 500}",
        "time": "2026-05-01T08:00:00.000+08:00",
        "data": {"quantity": "temperature", "value": value, "unit": "C", "lat": 30.3, "lon": 120.15},
    }


def report(
    event_id: str, *, lat: float, lon: float, category: str, phone: str | None = None
) -> dict[str, Any]:
    """Make a resident's report at a place."""
    reporter = {"reporter": {"channel": "sms", "phone": phone, "language": "zh"}} if phone else {}
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "report",
        "data": {"text": "路面有问题 请派人处理", "category": category, "lat": lat, "lon": lon, **reporter},
    }


def written(event: dict[str, Any] | Sequence[dict[str, Any]]) -> bytes:
    """Write an event, or a batch, as the body of a request."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
