"""Workbooks in .xlsx files, read and changed in place: everything else stays as it is, byte for byte."""
