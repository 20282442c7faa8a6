"""Where SQLAlchemy lives: tables, rows to dataclasses, the unit of work."""
