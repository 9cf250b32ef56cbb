"""What the shop's processes load of other people's packages before they are ready: once for all, instead of ten times.

Measured with `-X importtime`: 97 % of the time that went into packages which are not ours. None is ours: those change
while the rung runs. The Stripe SDK is not here, because payment takes care of what it finds when it is loaded.
"""

MODULES = (
    "aio_pika",
    "aiosmtplib",
    "argon2",
    "asyncpg",
    "babel.numbers",
    "cryptography.fernet",
    "fastapi",
    "httpcore2",
    "httpx2",
    "jinja2",
    "jwt.algorithms",
    "limits.aio.storage",
    "opentelemetry.sdk.trace.export",
    "prometheus_fastapi_instrumentator",
    "pydantic_settings",
    "pymongo",
    "python_multipart.multipart",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "structlog",
    "uuid_utils.compat",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "yaml",
)
