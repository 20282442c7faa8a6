"""Rules of the small town by name, and a stricter text of one of them."""

LEAK = ("small-town", "report-leak")
SEEN = ("small-town", "leak-seen")
SURE = """id: leak-seen
title: {zh: 清楚看到漏水, en: A camera surely saw a leak}
when:
  event: detection
  all:
    - {field: label, equals: leak}
    - {field: confidence, at_least: 0.8}
then:
  - {do: open_case, category: leak}
examples:
  - given: {label: leak, confidence: 0.9}
    expect: [open_case]
  - given: {label: leak, confidence: 0.5}
    expect: []
"""
