"""What this process counts for `/metrics`; figures of the whole house are asked of the database at scrape."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = Counter(
            "gongzhi_events_received",
            "Events that this process was sent, by what became of them at the door.",
            ["result"],
            registry=self.registry,
        )
        self.accepted = self._received.labels("accepted")
        self.duplicates = self._received.labels("duplicate")
        self.rejected = self._received.labels("rejected")
        self.latency = Histogram(
            "gongzhi_http_seconds",
            "Time from a request's arrival to its answer, in seconds, by address.",
            ["method", "endpoint", "status"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
