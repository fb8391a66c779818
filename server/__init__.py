"""The process: settings, composition, HTTP edge, logs."""
