"""The rules of calculating: no files, no clock."""
