"""The rules of the data tools: no files, no clock."""
