"""Google Sheets, read and written in single calls."""
