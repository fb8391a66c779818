"""Calls through Daily: dialled in to a room, or out of one."""
