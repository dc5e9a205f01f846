"""The tool as the LLM sees it."""
