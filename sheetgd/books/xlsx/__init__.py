"""Workbooks in .xlsx files, read and changed in place: whatever is not meant stays as it is, byte for byte."""
