"""The arena service: two anonymous agents answer, a person votes, a leaderboard ranks."""
