"""What is left to do once a call is over: done by a process of its own, which audio never waits for."""
