"""Put work into the queue that `python -m server work` empties.

A job is a row. Written in the transaction of what it follows from, it is there if and only if that is, and whoever
writes it needs neither the queue's library nor a connection of its own.
"""

from datetime import datetime
from enum import StrEnum

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# The only one; procrastinate wants a name.
QUEUE = "after"


class Job(StrEnum):
    """What can be done, by the name in the queue. Each may be done twice: a killed worker's jobs are done again."""

    SUMMARISE = "summarise"
    DELIVER = "deliver"


async def defer(connection: Connection, job: Job, *, at: datetime | None = None, **arguments: str) -> None:
    """Have the job done soon, or not before `at`; arguments are ids, for the queue's log tells them."""
    # The function that procrastinate's own client calls.
    await connection.execute(
        """
        SELECT procrastinate_defer_jobs_v1(ARRAY[
            ROW($1, $2, 0, NULL, NULL, to_jsonb(jsonb_object($3::text[], $4::text[])), $5)
        ]::procrastinate_job_to_defer_v1[])
        """,
        QUEUE,
        job,
        list(arguments),
        list(arguments.values()),
        at,
    )
