"""The tools as the LLM sees them."""
