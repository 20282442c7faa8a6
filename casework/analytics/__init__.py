"""What reads: boards, attainment, histories. It changes nothing."""
