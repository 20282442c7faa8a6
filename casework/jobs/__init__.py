"""The background entrance: a ticker and its few sweeps."""
