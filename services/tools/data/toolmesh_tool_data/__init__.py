"""Tools over data: tables, text, documents, weather and notes."""
