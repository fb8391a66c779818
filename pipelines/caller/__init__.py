"""The caller's end of the line, for `talk` and for load tests."""
