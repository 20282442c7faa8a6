"""The command-line entrance: flask commands."""
