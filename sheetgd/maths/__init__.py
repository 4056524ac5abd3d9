"""Numbers and arrays only: nothing here knows a sheet."""
