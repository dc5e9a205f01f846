"""The OpenAPI document, made from descriptors and their comments."""
