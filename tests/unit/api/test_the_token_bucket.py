from casework.web.api.keyring import Bucket


def test_a_full_bucket_lets_a_burst_through_and_then_one_by_one():
    bucket = Bucket(rate_per_s=10, burst=3, now_s=0.0)

    waits = [bucket.take(1, 0.0) for _ in range(4)]

    assert waits == [0, 0, 0, 0.1]


def test_what_costs_more_than_a_bucket_passes_when_it_is_full_and_leaves_a_debt():
    bucket = Bucket(rate_per_s=10, burst=100, now_s=0.0)

    assert bucket.take(1000, 0.0) == 0
    assert bucket.take(1, 0.0) == 90.1
    assert bucket.take(1, 90.0) > 0
    assert bucket.take(1, 90.2) == 0


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(rate_per_s=10, burst=2, now_s=0.0)

    waits = [bucket.take(1, 3600.0) for _ in range(3)]

    assert waits[:2] == [0, 0]
    assert waits[2] > 0
