"""Numbers that fail on purpose, at sending or at delivery.

The `+1 500 555` ones are Twilio's own (https://www.twilio.com/docs/iam/test-credentials); the others are
ours, in the range that can never ring: `+86 26 0009`, then the last four digits of the error.
"""

from collections.abc import Mapping

AT_SENDING: Mapping[str, int] = {
    "+15005550001": 21211,
    "+15005550004": 21610,
    "+15005550009": 21614,
    "+862600091211": 21211,
    "+862600091610": 21610,
    "+862600091614": 21614,
}
AT_DELIVERY: Mapping[str, int] = {
    "+862600090003": 30003,
    "+862600090005": 30005,
    "+862600090007": 30007,
    "+862600090008": 30008,
}
