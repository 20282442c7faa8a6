"""Replays the 4,326 citizens' messages of the public data through the chat hook; counts how each ended.

    python benchmarks/replay_zh_reports.py ../shared/data [--limit N] [--database-url URL]

Each message is signed and posted as its sender, in the order and at the times of the data set, on a clock
that is handed in; nothing is sent to anybody. A message may end as a case, as a question back, or otherwise.
"""

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import app as composition  # noqa: E402  (the path must be known first)
import migrations  # noqa: E402
from casework import settings as settings_module  # noqa: E402
from casework.clock import FakeClock  # noqa: E402
from notifications import signatures  # noqa: E402
from notifications.fakes import FakeSms  # noqa: E402

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  (of this replay alone)
ZONE = ZoneInfo("Asia/Shanghai")
WORKBOOK = "04_zh_citizen_reports/fujian3_citizen_messages_4326.xlsx"


def messages(data: Path) -> Iterator[tuple[datetime, dict[str, str]]]:
    """Read the data set's messages: when, and the JSON that the chat hook takes."""
    book = openpyxl.load_workbook(data / WORKBOOK, read_only=True)
    rows = book.active.iter_rows(min_row=2, values_only=True)
    for number, user, title, written, text, *_ in rows:
        when = written if isinstance(written, datetime) else _read_time(str(written))
        body = "\n".join(part for part in (str(title).strip(), str(text or "").strip()) if part)
        yield when.replace(tzinfo=ZONE).astimezone(UTC), {"id": str(number), "user": str(user), "text": body}
    book.close()


def _read_time(written: str) -> datetime:
    form = "%Y/%m/%d %H:%M:%S" if "/" in written else "%Y-%m-%d %H:%M:%S"
    return datetime.strptime(written.strip(), form)  # noqa: DTZ007  (the zone is put on by the caller)


def ending(status: int, answer: dict[str, object]) -> str:
    """Name how a message ended."""
    if status != 200:  # noqa: PLR2004  (HTTP's OK)
        return f"refused with {status}"
    if answer["case"]:
        return "case"
    return "question" if answer["replies"] else "lost"


def replay(data: Path, database_url: str, limit: int | None) -> tuple[Counter[str], list[float], int]:
    """Post every message; answer the endings, the seconds each took, and how many distinct cases came."""
    said = sorted(messages(data), key=lambda pair: pair[0])
    if limit:
        said = sorted(random.Random(4326).sample(said, limit), key=lambda pair: pair[0])  # noqa: S311
    clock = FakeClock(said[0][0])
    settings = settings_module.parse(
        {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_SECRET_KEY": "of-this-replay-alone-and-long-enough",
            "GONGZHI_CHAT_SECRETS": SECRET,
            "GONGZHI_MATCHER": "plain",
        }
    )
    sms = FakeSms(clock)
    flask = composition.create_app(settings, clock=clock, channels={"sms": sms, "console": sms})
    browser = flask.test_client()
    endings: Counter[str] = Counter()
    took: list[float] = []
    codes = set()
    for when, message in said:
        clock.advance(seconds=max(0.0, (when - clock()).total_seconds()))
        body = json.dumps(message, ensure_ascii=False)
        headers = {
            "webhook-id": message["id"],
            "webhook-timestamp": str(int(clock().timestamp())),
            "webhook-signature": signatures.sign_standard_webhook(SECRET, message["id"], clock(), body),
        }
        began = time.perf_counter()
        answer = browser.post("/hooks/chat/generic", data=body.encode(), headers=headers)
        took.append(time.perf_counter() - began)
        endings[ending(answer.status_code, answer.json)] += 1
        codes.add((answer.json.get("case") or {}).get("code"))
    flask.extensions["gongzhi"]().close()
    return endings, took, len(codes - {None})


def percentile(values: list[float], share: float) -> float:
    """Answer the value that `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--database-url")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database_url or f"sqlite:///{folder}/replay.db"
        migrations.upgrade(url)
        endings, took, cases = replay(asked.data, url, asked.limit)
    total = sum(endings.values())
    print(f"messages {total}, cases {cases}")
    for name, count in endings.most_common():
        print(f"  {name}: {count} ({count / total:.1%})")
    shares = " ".join(
        f"p{share * 100:.0f} {percentile(took, share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99)
    )
    print(
        f"latency of the hook: {shares}, most {max(took) * 1000:.1f} ms; {total / sum(took):.0f} messages/s"
    )
    if endings["case"] + endings["question"] != total:
        sys.exit("some messages ended as neither a case nor a question")


if __name__ == "__main__":
    main()
