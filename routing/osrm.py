"""Travel times of an OSRM service over HTTP, with plain fall-back when it is away."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock, local
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import structlog
import urllib3
from numpy.typing import NDArray

from routing.travel import TravelTimes

FloatArray = NDArray[np.float64]
log = structlog.get_logger(__name__)

_MOST_CACHED = 200_000
_AWAY_S = 10.0
_DECIMALS = 5  # about a metre


class OsrmTravelTimes:
    """Asks `/table` for what is not known yet; whatever goes wrong, the fall-back answers and says so.

    `most_places` is the service's own `--max-table-size`. After a failure it is left alone for ten seconds,
    so that a dead service does not cost its time-out at every decision. What it answered is kept by place:
    crews that stand still and cases cost nothing the second time.
    """

    def __init__(
        self,
        url: str,
        fallback: TravelTimes,
        *,
        start_up_s: float = 60.0,
        timeout_s: float = 0.5,
        most_places: int = 100,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(f"{url} is no http address")
        self._url = url.rstrip("/")
        self._fallback = fallback
        self._start_up_s = start_up_s
        self._half = max(1, most_places // 2)
        self._timer = timer
        self._away_until = -np.inf
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=timeout_s), retries=False)
        self._known: OrderedDict[tuple[float, ...], float] = OrderedDict()
        self._lock = Lock()
        self._here = local()

    @property
    def source(self) -> str:
        """What the last answer of this thread rests on."""
        return str(getattr(self._here, "source", "osrm"))

    def seconds(self, origins: FloatArray, destinations: FloatArray, at: datetime) -> FloatArray:
        """Give seconds (n, m); see `TravelTimes.seconds`."""
        from_, to = np.round(origins, _DECIMALS), np.round(destinations, _DECIMALS)
        with self._lock:
            away = self._timer() < self._away_until
        if not away:
            try:
                answer = self._answer(from_, to)
            except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
                log.warning("osrm_away", error=str(error)[:200], for_s=_AWAY_S)
                with self._lock:
                    self._away_until = self._timer() + _AWAY_S
            else:
                self._here.source = "osrm"
                return answer + self._start_up_s
        self._here.source = f"{self._fallback.source}, osrm away"
        return self._fallback.seconds(origins, destinations, at)

    def _answer(self, origins: FloatArray, destinations: FloatArray) -> FloatArray:
        placed = tuple(np.asarray(np.isfinite(some).all(axis=1)) for some in (origins, destinations))
        answer = np.full((len(origins), len(destinations)), np.nan)
        with self._lock:
            for i in np.flatnonzero(placed[0]):
                for j in np.flatnonzero(placed[1]):
                    answer[i, j] = self._known.get((*origins[i], *destinations[j]), np.nan)
        lacking = np.isnan(answer) & placed[0][:, None] & placed[1]
        rows, columns = np.flatnonzero(lacking.any(axis=1)), np.flatnonzero(lacking.any(axis=0))
        for a in range(0, len(rows), self._half):
            for b in range(0, len(columns), self._half):
                some, those = rows[a : a + self._half], columns[b : b + self._half]
                answer[np.ix_(some, those)] = self._asked(origins[some], destinations[those])
        return np.where(np.isnan(answer), np.inf, answer)

    def _asked(self, origins: FloatArray, destinations: FloatArray) -> FloatArray:
        places = np.concatenate([origins, destinations]).tolist()
        listed = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in places)
        query = (
            f"sources={';'.join(map(str, range(len(origins))))}"
            f"&destinations={';'.join(str(len(origins) + j) for j in range(len(destinations)))}"
        )
        reply = self._pool.request("GET", f"{self._url}/table/v1/driving/{listed}?{query}")
        held: Any = json.loads(reply.data)
        if not isinstance(held, dict) or held.get("code") != "Ok":
            raise ValueError(f"OSRM says {str(held)[:100]}")
        table = np.array([[np.inf if s is None else s for s in row] for row in held["durations"]], np.float64)
        if table.shape != (len(origins), len(destinations)):
            raise ValueError(f"OSRM answered a table of {table.shape}")
        with self._lock:
            for i, here in enumerate(origins):
                for j, there in enumerate(destinations):
                    self._known[(*here, *there)] = float(table[i, j])
            while len(self._known) > _MOST_CACHED:
                self._known.popitem(last=False)
        return table
