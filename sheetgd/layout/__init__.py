"""What a lesson's sheet holds, and where."""
