"""What a serving process holds, seen from inside: whatever should be given back when nobody calls."""

import asyncio
import gc
import threading

import psutil

MB = 1024 * 1024


def inside() -> dict[str, float]:
    """Counts of now, after a collection; memory is resident, in MB, and `queued` what lies in all queues together."""
    gc.collect()
    process = psutil.Process()
    return {
        "rss_mb": round(process.memory_info().rss / MB, 2),
        "files": process.num_fds(),
        "sockets": len(process.net_connections("all")),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "queued": sum(each.qsize() for each in gc.get_objects() if isinstance(each, asyncio.Queue)),
    }
