"""What a serving process holds, seen from inside: whatever should be given back when nobody calls."""

import asyncio
import gc
import threading

import psutil

MB = 1024 * 1024


def inside(*, kept: int) -> dict[str, float]:
    """Counts of now, after a collection; memory is resident, in MB, and `queued` what lies in all queues together.

    What is kept on purpose does not count: `kept` connections of the database's pool, and asyncio's own threads.
    """
    gc.collect()
    process = psutil.Process()
    return {
        "rss_mb": round(process.memory_info().rss / MB, 2),
        "files": process.num_fds() - kept,
        "sockets": len(process.net_connections("all")) - kept,
        "threads": sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate()),
        "tasks": len(asyncio.all_tasks()),
        "queued": sum(each.qsize() for each in gc.get_objects() if isinstance(each, asyncio.Queue)),
    }
