"""Cases for unit tests."""

from dataclasses import replace

from casework.clock import FakeClock
from casework.domain.cases import Case, CaseStatus, DispatchMode

NOW = FakeClock()()


def make_case(**changes):
    case = Case(
        id="case",
        number=1,
        public_code="CODE",
        category="leak",
        title="a leak",
        priority=2,
        status=CaseStatus.FILED,
        mode=DispatchMode.AUTOMATIC,
        lat=30.0,
        lon=120.0,
        address=None,
        area_id=None,
        subject=None,
        rule_id=None,
        rule_version=None,
        opened_at=NOW,
        filed_at=NOW,
        changed_at=NOW,
        capabilities=frozenset(),
        targets={},
        warn_at=0.8,
        escalation=(),
        offer_timeout_s=60.0,
        needs_verification=False,
    )
    return replace(case, **changes)
