"""The demo: a generated city, and the residents, sensors and crews who act in it from outside."""
