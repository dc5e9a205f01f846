"""The memory service: what was said in each session and what was kept, per user."""
