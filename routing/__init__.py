"""Who goes where: travel times, optimal assignment, explanation."""
