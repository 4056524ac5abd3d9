"""Stand-ins for what the tests cannot have: other people's services, as strict as the real ones."""
