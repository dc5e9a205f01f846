"""OpenAI's shapes on top of runs, models and embeddings."""
