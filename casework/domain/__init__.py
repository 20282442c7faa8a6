"""What a district's casework is and obeys: frozen dataclasses and pure functions."""
