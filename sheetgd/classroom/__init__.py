"""A class: from a roster a worksheet for each student, and a key for the teacher; no student file holds an answer."""
