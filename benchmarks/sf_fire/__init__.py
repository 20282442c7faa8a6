"""The parts of `replay_sf_fire.py`: the record, its count, the house, and those who act on it outside."""
