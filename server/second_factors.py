"""Second factors, composed for one kind of principal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth.audit.log import Audit
from auth.factors.api import SecondFactorApi
from auth.factors.challenge_queries import ChallengeQueries
from auth.factors.challenges import Challenges
from auth.factors.passkey_queries import PasskeyQueries
from auth.factors.passkeys import Passkeys, RelyingParty
from auth.factors.proof_queries import ProofQueries
from auth.factors.proofs import FreshProofs, require_fresh_proof, require_second_factor_proved
from auth.factors.recovery_code_queries import RecoveryCodeQueries
from auth.factors.recovery_codes import RecoveryCodes
from auth.factors.second_factor import Factors, SecondFactors
from auth.factors.setup import KnownAccounts, News, SecondFactorSetup
from auth.factors.totp import SecretBox, Totp
from auth.factors.totp_queries import TotpQueries
from auth.http.operations import Gate
from auth.mail.letters import Letters
from auth.mail.outgoing import Mail
from auth.principals import Kind
from auth.throttle.throttle import Throttle
from server.database import Pool


class Owners(KnownAccounts, Protocol):
    """The accounts that second factors belong to."""

    async def confirm_password(self, account_id: UUID, password: str) -> None:
        """Raise WrongPassword, AccountGone or TooBusy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorDoors:
    """What logs in with second factors, the handlers about them, and gates before what changes them or accounts."""

    log_in: SecondFactors
    api: SecondFactorApi
    proved: Gate
    second_factor_proved: Gate
    setup: SecondFactorSetup


def compose(  # noqa: PLR0913 - each has its name
    kind: Kind,
    pool: Pool,
    accounts: Owners,
    audit: Audit,
    throttle: Throttle,
    *,
    mail: Mail,
    letters: Letters,
    key: bytes,
    origins: Mapping[str, tuple[str, ...]],
    now: Callable[[], datetime],
) -> SecondFactorDoors:
    """Compose them; `origins` are those of the pages of each host name, and `key` seals the secrets (32 bytes)."""
    parties = {host: RelyingParty(host, allowed) for host, allowed in origins.items()}
    challenges = Challenges(ChallengeQueries(pool, kind), now=now)
    factors = Factors(
        totp=Totp(TotpQueries(pool, kind), SecretBox(key, kind), now=now),
        passkeys=Passkeys(PasskeyQueries(pool, kind), now=now),
        recovery_codes=RecoveryCodes(RecoveryCodeQueries(pool, kind)),
    )
    second_factors = SecondFactors(factors, challenges, parties, audit)
    setup = SecondFactorSetup(factors, challenges, parties, audit, News(accounts, mail, letters))
    confirm_password = accounts.confirm_password
    proofs = FreshProofs(ProofQueries(pool), second_factors, audit, confirm_password=confirm_password, now=now)
    api = SecondFactorApi(second_factors, setup, proofs, accounts, throttle)
    return SecondFactorDoors(
        log_in=second_factors,
        api=api,
        proved=require_fresh_proof(proofs),
        second_factor_proved=require_second_factor_proved(proofs),
        setup=setup,
    )
