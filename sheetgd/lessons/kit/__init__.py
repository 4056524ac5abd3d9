"""The drawing kit: how a lesson looks on a screen and on paper."""
