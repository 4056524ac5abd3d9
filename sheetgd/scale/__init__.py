"""A sheet's table as the pattern of rows that no sheet could hold: read, computed and reduced by partitions."""
