"""What everything else in the process stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auth.mail.outgoing import Mail
from auth.passwords.hashing import Passwords
from server.database import Pool
from server.metrics import Metrics
from server.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """One of each for both sides. `generosity` multiplies what `auth.throttle.throttle` allows at once."""

    settings: Settings
    database_url: str
    pool: Pool
    passwords: Passwords
    mail: Mail
    metrics: Metrics
    now: Callable[[], datetime]
    generosity: int

    @property
    def keys(self) -> Path:
        """Where keys and secrets lie."""
        return self.settings.data_dir / "keys"

    def origins(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """Each API serves its own pages: over https, or in development straight from this port."""
        direct = [f"http://{host}:{self.settings.port}" for host in hosts] if self.settings.development else []
        return (*(f"https://{host}" for host in hosts), *direct)
