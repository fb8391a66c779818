"""Saved views in PostgreSQL."""

from collections.abc import Sequence

import asyncpg

from auth.principals import StoreId
from pipelines.views.records import MAX_VIEWS, TooManyViews, View, ViewId, ViewNameTaken, ViewNotFound


class ViewQueries:
    """The table saved_views."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, store_id: StoreId) -> Sequence[View]:
        """A store's, by name."""
        rows = await self._pool.fetch(
            "SELECT id, name, filter::text AS filter_json FROM saved_views WHERE store_id = $1 ORDER BY name", store_id
        )
        return [View(**row) for row in rows]

    async def add(self, store_id: StoreId, view: View) -> None:
        """Insert one. Raises ViewNameTaken or TooManyViews."""
        try:
            status = await self._pool.execute(
                """
                INSERT INTO saved_views (id, store_id, name, filter)
                SELECT $1, $2, $3, $4::jsonb
                WHERE (SELECT count(*) FROM saved_views WHERE store_id = $2) < $5
                """,
                view.id,
                store_id,
                view.name,
                view.filter_json,
                MAX_VIEWS,
            )
        except asyncpg.UniqueViolationError as error:
            raise ViewNameTaken from error
        if status == "INSERT 0 0":
            raise TooManyViews

    async def change(self, store_id: StoreId, view: View) -> None:
        """Replace name and filter. Raises ViewNotFound or ViewNameTaken."""
        try:
            status = await self._pool.execute(
                "UPDATE saved_views SET name = $3, filter = $4::jsonb WHERE id = $1 AND store_id = $2",
                view.id,
                store_id,
                view.name,
                view.filter_json,
            )
        except asyncpg.UniqueViolationError as error:
            raise ViewNameTaken from error
        if status == "UPDATE 0":
            raise ViewNotFound(view.id)

    async def delete(self, store_id: StoreId, view_id: ViewId) -> None:
        """Delete one. Raises ViewNotFound."""
        status = await self._pool.execute("DELETE FROM saved_views WHERE id = $1 AND store_id = $2", view_id, store_id)
        if status == "DELETE 0":
            raise ViewNotFound(view_id)
