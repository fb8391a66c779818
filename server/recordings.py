"""Where recordings are kept, as the settings say: in the folder, or from there on in a bucket."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from pipelines.conversations.recordings import Folder, Recordings
from server.errors import CannotStart
from server.settings import Settings

if TYPE_CHECKING:
    from pipelines.conversations.bucket import BucketAccess


class NoBucketPackage(CannotStart):
    """A bucket is set, and what speaks to it is not installed."""

    def __init__(self) -> None:
        super().__init__("RECORDINGS_BUCKET needs its package: run `make providers`, then start again.")


def kept(settings: Settings) -> Recordings:
    """Return them. Raises NoBucketPackage."""
    folder = Folder(settings.recordings_folder)
    access = _access(settings)
    if access is None:
        return folder
    from pipelines.conversations.bucket import Bucket  # noqa: PLC0415 - installed only where it is chosen

    return Bucket(access, folder)


async def check(settings: Settings) -> None:
    """Try the bucket. Raises NoBucketPackage or RecordingsAway."""
    access = _access(settings)
    if access is not None:
        from pipelines.conversations.bucket import check as try_out  # noqa: PLC0415 - as above

        await try_out(access)


def _access(settings: Settings) -> "BucketAccess | None":
    if settings.recordings_bucket is None:
        return None
    if find_spec("obstore") is None:
        raise NoBucketPackage
    from pipelines.conversations.bucket import BucketAccess  # noqa: PLC0415 - as above

    secret = settings.s3_secret_access_key
    return BucketAccess(
        name=settings.recordings_bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        key_id=settings.s3_access_key_id,
        secret=secret.get_secret_value() if secret else None,
    )
