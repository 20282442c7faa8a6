"""One use case a function: what changes things."""
