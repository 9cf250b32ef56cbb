"""The only room that knows both adapters and use cases."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from chassis import auth
from chassis.broker import DeadLetters
from chassis.dead_letters import RabbitDeadLetters
from chassis.handing import handed
from chassis.health import Check
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.metrics import Metrics
from chassis.outbox import Outbox
from chassis.pools import Pool
from chassis.rate_limits import Limiter, MemoryLimiter, Rule
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

from user_service.adapters.access_tokens import Es256Tokens, fixed_ring, new_signing_key
from user_service.adapters.argon2_hasher import Argon2Hasher
from user_service.adapters.breaches import BreachFile, BreachSet
from user_service.adapters.in_memory import InMemoryAccounts
from user_service.adapters.key_file import KeyFile
from user_service.domain.signing_keys import KeyRing
from user_service.ports import AllAccounts, Hasher
from user_service.settings import UserSettings
from user_service.use_cases.address_book import AddAddress, ChangeAddress, RemoveAddress, ShowAddresses
from user_service.use_cases.bootstrap_admin import BootstrapAdmin
from user_service.use_cases.change_password import ChangePassword
from user_service.use_cases.change_profile import ChangeProfile
from user_service.use_cases.disable_user import DisableUser, EnableUser
from user_service.use_cases.end_sessions import EndAllSessions, EndSession, ListSessions
from user_service.use_cases.find_user import FindUser, ListUsers
from user_service.use_cases.guesses import Guesses
from user_service.use_cases.prove_password import ProvePassword
from user_service.use_cases.recognise import Recognise
from user_service.use_cases.refresh_session import RefreshSession
from user_service.use_cases.register import AcceptPassword, Register
from user_service.use_cases.request_verification import RequestVerification
from user_service.use_cases.reset_password import RequestPasswordReset, ResetPassword
from user_service.use_cases.set_roles import SetRoles
from user_service.use_cases.sign_in import SignIn
from user_service.use_cases.sign_out import SignOut
from user_service.use_cases.verify_email import VerifyEmail

MIGRATIONS = Path(__file__).parents[2] / "migrations"
CLEAN_EVERY = timedelta(minutes=5)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RAISED = {
    "sign_in_failures": 10_000,
    "network_failures": 10_000,
    "account_failures": 10_000,
    "registrations_per_hour": 10_000,
    "mails_per_hour": 10_000,
    "resets_per_hour": 10_000,
    "network_resets_per_hour": 10_000,
    "refreshes_per_minute": 10_000,
}
"""Limits for rungs where everybody comes from one address."""


@dataclass(frozen=True, slots=True)
class UserService:
    """Everything user can do, ready to be called."""

    register: Register
    request_verification: RequestVerification
    verify_email: VerifyEmail
    sign_in: SignIn
    refresh_session: RefreshSession
    sign_out: SignOut
    recognise: Recognise
    list_sessions: ListSessions
    end_session: EndSession
    end_all_sessions: EndAllSessions
    change_password: ChangePassword
    request_password_reset: RequestPasswordReset
    reset_password: ResetPassword
    disable_user: DisableUser
    enable_user: EnableUser
    show_addresses: ShowAddresses
    add_address: AddAddress
    change_address: ChangeAddress
    remove_address: RemoveAddress
    change_profile: ChangeProfile
    find_user: FindUser
    list_users: ListUsers
    set_roles: SetRoles
    bootstrap_admin: BootstrapAdmin
    public_keys: Callable[[], Mapping[str, Any]]
    trusted_hops: int
    store_answers: Callable[[], Awaitable[bool]]
    dead_letters: DeadLetters
    revoked: RevokedSessions
    outbox: Outbox
    jobs: Sequence[Job]
    checks: Sequence[Check]
    metrics: Metrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]

    async def jwks(self) -> Mapping[str, Any]:
        """What a KeyRing fetches, when it lives in the same process."""
        return self.public_keys()

    def verifier(self, world: World) -> auth.TokenVerifier:
        """Verifies our own tokens without asking anybody."""
        return auth.TokenVerifier(auth.KeyRing(self.jwks, world), self.revoked)


type RegisterDep = Annotated[Register, handed(lambda s: s.register)]
type RequestVerificationDep = Annotated[RequestVerification, handed(lambda s: s.request_verification)]
type VerifyEmailDep = Annotated[VerifyEmail, handed(lambda s: s.verify_email)]
type SignInDep = Annotated[SignIn, handed(lambda s: s.sign_in)]
type RefreshSessionDep = Annotated[RefreshSession, handed(lambda s: s.refresh_session)]
type SignOutDep = Annotated[SignOut, handed(lambda s: s.sign_out)]
type ListSessionsDep = Annotated[ListSessions, handed(lambda s: s.list_sessions)]
type EndSessionDep = Annotated[EndSession, handed(lambda s: s.end_session)]
type EndAllSessionsDep = Annotated[EndAllSessions, handed(lambda s: s.end_all_sessions)]
type ChangePasswordDep = Annotated[ChangePassword, handed(lambda s: s.change_password)]
type RequestPasswordResetDep = Annotated[RequestPasswordReset, handed(lambda s: s.request_password_reset)]
type ResetPasswordDep = Annotated[ResetPassword, handed(lambda s: s.reset_password)]
type DisableUserDep = Annotated[DisableUser, handed(lambda s: s.disable_user)]
type EnableUserDep = Annotated[EnableUser, handed(lambda s: s.enable_user)]
type ShowAddressesDep = Annotated[ShowAddresses, handed(lambda s: s.show_addresses)]
type AddAddressDep = Annotated[AddAddress, handed(lambda s: s.add_address)]
type ChangeAddressDep = Annotated[ChangeAddress, handed(lambda s: s.change_address)]
type RemoveAddressDep = Annotated[RemoveAddress, handed(lambda s: s.remove_address)]
type RecogniseDep = Annotated[Recognise, handed(lambda s: s.recognise)]
type ChangeProfileDep = Annotated[ChangeProfile, handed(lambda s: s.change_profile)]
type FindUserDep = Annotated[FindUser, handed(lambda s: s.find_user)]
type ListUsersDep = Annotated[ListUsers, handed(lambda s: s.list_users)]
type SetRolesDep = Annotated[SetRoles, handed(lambda s: s.set_roles)]
type PublicKeysDep = Annotated[Callable[[], Mapping[str, Any]], handed(lambda s: s.public_keys)]
type TrustedHopsDep = Annotated[int, handed(lambda s: s.trusted_hops)]


@asynccontextmanager
async def open_service(settings: UserSettings, world: World) -> AsyncGenerator[UserService]:
    """On PostgreSQL and Redis."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.database import Database
    from chassis.outbox_relay import TableOutbox
    from chassis.redis_limiter import RedisLimiter
    from chassis.revocation_table import RevocationTable
    from chassis.schema_version import schema_check

    from user_service.adapters.account_database import AccountDatabase

    database = Database(settings.database_url)
    accounts = AccountDatabase(database, world)
    limiter = RedisLimiter(settings.redis_url, world)
    try:
        yield wire(
            settings,
            world,
            accounts,
            limiter,
            TableOutbox(settings.database_url, world=world),
            RevocationTable(database),
            facts=accounts.facts,
            dead_letters=RabbitDeadLetters(settings.broker_url, world),
            store_answers=database.answers,
            checks=[database.faults, schema_check(database, MIGRATIONS)],
            pools=[database.pool, limiter.pool],
        )
    finally:
        await limiter.close()
        await database.close()


def in_memory(settings: UserSettings, world: World, *, broker: DeadLetters | None = None) -> UserService:
    """On the twins in memory."""
    store = MemoryStore(world)
    accounts = InMemoryAccounts(store)
    return wire(
        settings,
        world,
        accounts,
        MemoryLimiter(world),
        store.outbox,
        InMemoryRevocations(store),
        facts=accounts.facts,
        dead_letters=broker or MemoryBroker({}, world),
    )


def settings_for_one_run(world: World, **others: Any) -> UserSettings:
    """Settings with keys that live as long as the process and raised limits, for rungs without stores."""
    stores = dict.fromkeys(("database_url", "broker_url", "redis_url"), "memory://")
    keys = {
        "signing_key": new_signing_key(),
        "refresh_key": world.dice.token(),
        "peppers": {"1": world.dice.token()},
        "pepper_id": "1",
    }
    return UserSettings.model_validate({**stores, **keys, **RAISED, **others})


def wire(
    settings: UserSettings,
    world: World,
    accounts: AllAccounts,
    limiter: Limiter,
    outbox: Outbox,
    revocations: Revocations,
    *,
    dead_letters: DeadLetters,
    facts: Callable[[], AsyncIterator[dict[str, Any]]],
    store_answers: Callable[[], Awaitable[bool]] | None = None,
    checks: Sequence[Check] = (),
    pools: Sequence[Pool] = (),
    hasher: Hasher | None = None,
) -> UserService:
    """On these parts, whichever they are: twins that outlive the process that works on them, for the simulator."""
    peppers = {id_: key.get_secret_value().encode() for id_, key in settings.peppers.items()}
    hasher = hasher or Argon2Hasher(peppers, settings.pepper_id, world=world, cores=os.cpu_count() or 1)
    breached = settings.breached_passwords_file
    accept_password = AcceptPassword(hasher, BreachFile(breached, world) if breached else BreachSet())
    tokens = Es256Tokens(_signing_keys(settings, world), world)
    guesses = _guesses(settings, limiter)
    mails = Rule("verification-mails", settings.mails_per_hour, HOUR)
    accounts_each = Rule("registrations", settings.registrations_per_hour, HOUR)
    prove = ProvePassword(hasher, guesses)
    metrics = Metrics("user")
    metrics.pools.add(*pools)
    return UserService(
        register=Register(accounts, accept_password, limiter, accounts_each, mails, world),
        request_verification=RequestVerification(accounts, guesses, limiter, mails, world),
        verify_email=VerifyEmail(accounts, guesses),
        sign_in=SignIn(accounts, prove, tokens, world),
        refresh_session=RefreshSession(
            accounts, tokens, settings.refresh_key.get_secret_value().encode(), settings.refreshes_per_minute
        ),
        sign_out=SignOut(accounts),
        recognise=Recognise(accounts),
        list_sessions=ListSessions(accounts),
        end_session=EndSession(accounts),
        end_all_sessions=EndAllSessions(accounts),
        change_password=ChangePassword(accounts, prove, accept_password),
        request_password_reset=RequestPasswordReset(
            accounts,
            limiter,
            Rule("password-resets", settings.resets_per_hour, HOUR),
            Rule("password-resets-of-network", settings.network_resets_per_hour, HOUR),
            world,
        ),
        reset_password=ResetPassword(accounts, accept_password, guesses),
        disable_user=DisableUser(accounts),
        enable_user=EnableUser(accounts),
        show_addresses=ShowAddresses(accounts),
        add_address=AddAddress(accounts, world),
        change_address=ChangeAddress(accounts),
        remove_address=RemoveAddress(accounts),
        change_profile=ChangeProfile(accounts),
        find_user=FindUser(accounts),
        list_users=ListUsers(accounts),
        set_roles=SetRoles(accounts),
        bootstrap_admin=BootstrapAdmin(accounts, accept_password, world),
        public_keys=tokens.jwks,
        trusted_hops=settings.trusted_hops,
        store_answers=store_answers or _always,
        dead_letters=dead_letters,
        revoked=RevokedSessions(revocations, world),
        outbox=outbox,
        jobs=[Job("clean", CLEAN_EVERY, accounts.clean)],
        checks=checks,
        metrics=metrics,
        facts=facts,
    )


def _guesses(settings: UserSettings, limiter: Limiter) -> Guesses:
    return Guesses(
        limiter,
        here=Rule("sign-in-failures", settings.sign_in_failures, settings.sign_in_window),
        network=Rule("sign-in-failures-of-network", settings.network_failures, HOUR),
        slowly=Rule("sign-in-slowly", 1, MINUTE),
        account=Rule("sign-in-failures-at-account", settings.account_failures, DAY),
    )


def _signing_keys(settings: UserSettings, world: World) -> Callable[[], KeyRing]:
    if settings.signing_keys_file is not None:
        return KeyFile(settings.signing_keys_file, world).ring
    if settings.signing_key is None:
        raise ValueError("no signing key")
    ring = fixed_ring(settings.signing_key.get_secret_value(), at=world.clock.now())
    return lambda: ring


async def _always() -> bool:
    return True
