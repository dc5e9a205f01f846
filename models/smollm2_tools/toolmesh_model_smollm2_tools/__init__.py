"""Carries `adapter.gguf`; `inference` finds it here and serves it as the adapter `tools` of its default model."""
