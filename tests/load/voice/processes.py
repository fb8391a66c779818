"""CPU and memory of the processes that serve."""

from dataclasses import dataclass

import psutil

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds since the start, and resident memory now."""

    cpu_s: float
    rss_mb: float


class Processes:
    """A server with all that it has started, its PostgreSQL counted apart."""

    def __init__(self, pid: int) -> None:
        server = psutil.Process(pid)
        self._all = [server, *server.children(recursive=True)]
        self._database = {process.pid for process in self._all if process.name().startswith("postgres")}

    def used(self) -> tuple[Used, Used]:
        """What the server has used, and what its database has."""
        ours, database = Used(0, 0), Used(0, 0)
        for process in self._all:
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.NoSuchProcess:
                continue
            used = Used(times.user + times.system, memory.rss / MB)
            if process.pid in self._database:
                database = Used(database.cpu_s + used.cpu_s, database.rss_mb + used.rss_mb)
            else:
                ours = Used(ours.cpu_s + used.cpu_s, ours.rss_mb + used.rss_mb)
        return ours, database
