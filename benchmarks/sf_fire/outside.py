"""Everyone outside the house, over its public addresses: the calls' own system, and the crews' phones."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sf_fire.house import KEY, SOURCE, House
from sf_fire.record import Call, Place

_OFFER = re.compile(r"^(?P<case>\d+) .*/a/(?P<token>\S+)$", re.DOTALL)
_HEADERS = {"Authorization": f"Bearer {KEY}"}


class Outside:
    """Calls in what the record knows; every answer but a success ends the replay."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._client = house.app.test_client()
        self._links: dict[str, str] = {}
        self._texts_read = 0

    def report(self, call: Call) -> None:
        """Send a call in as an event."""
        answer = self._client.post(
            "/api/v1/events",
            data=json.dumps(event(call)),
            content_type="application/cloudevents+json",
            headers=_HEADERS,
        )
        assert (answer.status_code, answer.get_json()["accepted"]) == (202, 1), answer.text

    def case_of(self, call: Call) -> str:
        """Ask which case a call has become."""
        return str(self._get(f"/api/v1/events/{SOURCE}/{call.number}")["case"])

    def case_number(self, case_id: str) -> int:
        """Ask for a case's short number, by which texts name it."""
        return int(self._get(f"/api/v1/cases/{case_id}")["number"])

    def dispatch(self, case_id: str, crew: str) -> None:
        """Send a crew, as the dispatcher that the record knows did."""
        self._post(f"/api/v1/cases/{case_id}/dispatch", {"crew": self._house.crews[crew]})

    def report_position(self, crew: str, place: Place) -> None:
        """Say where a crew's telephone is."""
        lat, lon = place
        self._post(f"/api/v1/crews/{self._house.crews[crew]}/position", {"lat": lat, "lon": lon})

    def read_texts(self) -> list[tuple[str, int]]:
        """Let the crews read what came since the last time; answer the crew and case number of each offer."""
        came = self._house.sms.received[self._texts_read :]
        self._texts_read += len(came)
        offers = []
        for received in came:
            offer = _OFFER.match(received.text.body)
            if offer is not None:
                crew = self._house.phones[received.text.to]
                self._links[crew] = offer["token"]
                offers.append((crew, int(offer["case"])))
        return offers

    def tap(self, crew: str, do: str, place: Place | None = None) -> None:
        """Tap a verb of the page behind the link in a crew's last text."""
        form = {"do": do}
        if place is not None:
            form |= {"lat": str(place[0]), "lon": str(place[1])}
        answer = self._client.post(f"/a/{self._links[crew]}", data=form)
        assert answer.status_code == 200, f"{crew} {do}: {answer.status_code}"  # noqa: PLR2004  (OK)

    def attainment(self) -> Mapping[str, Any]:
        """Ask the service for its own figures."""
        return self._get("/api/v1/attainment")

    def _get(self, address: str) -> Mapping[str, Any]:
        answer = self._client.get(address, headers=_HEADERS)
        assert answer.status_code == 200, f"{address}: {answer.text}"  # noqa: PLR2004  (OK)
        read: Mapping[str, Any] = answer.get_json()
        return read

    def _post(self, address: str, body: Mapping[str, object]) -> None:
        answer = self._client.post(address, json=body, headers=_HEADERS)
        assert answer.status_code == 200, f"{address}: {answer.text}"  # noqa: PLR2004  (OK)


def event(call: Call) -> dict[str, object]:
    """Write a call as the CloudEvent that its own system would send."""
    lat, lon = call.place
    return {
        "specversion": "1.0",
        "id": call.number,
        "source": SOURCE,
        "type": "ticket",
        "subject": call.number,
        "time": call.filed_at.isoformat(),
        "data": {
            "external_id": call.number,
            "status": "open",
            "text": call.nature,
            "category": call.kind,
            "lat": lat,
            "lon": lon,
        },
    }
