"""The one settings file. Every setting that people may change is read from the environment here."""

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from gallery import environment
from venice import DEFAULT_BASE_URL, clean_api_key, clean_base_url
from venice.route import Route
from venice.text import keep_secret

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_file(BASE_DIR / ".env")

DEBUG = environment.switch("DEBUG", False)
DATA_DIR = environment.data_dir(BASE_DIR / "data")
SECRET_KEY = environment.secret_key(DATA_DIR)
SECRET_KEY_GIVEN = bool(environment.text("SECRET_KEY"))

# Where Venice is. A loopback address cannot be Venice: it is the emulator, and nothing it answers is money.
VENICE_API_KEY = environment.text("VENICE_API_KEY")
with environment.named("VENICE_API_KEY"):
    VENICE_API_KEY = clean_api_key(VENICE_API_KEY) if VENICE_API_KEY else ""
with environment.named("VENICE_BASE_URL"):
    VENICE_BASE_URL = clean_base_url(environment.text("VENICE_BASE_URL") or DEFAULT_BASE_URL)
# HTTPS_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE are the client's to read; a bad one must stop the start.
with environment.named("HTTPS_PROXY or REQUESTS_CA_BUNDLE"):
    Route.to(VENICE_BASE_URL)
# No page and no log line shows it, whatever a gateway sends back.
keep_secret(VENICE_API_KEY)
VENICE_BASE_URL_GIVEN = bool(environment.text("VENICE_BASE_URL"))
VENICE_EMULATED = (not VENICE_API_KEY and not VENICE_BASE_URL_GIVEN) or VENICE_BASE_URL.startswith("http://")

WORKER_CONCURRENCY = environment.number("WORKER_CONCURRENCY", 4, 1, 64)
VENICE_REQUESTS_PER_MINUTE = environment.number("VENICE_REQUESTS_PER_MINUTE", 18, 1, 100_000)
SUBMISSIONS_PER_MINUTE = environment.number("SUBMISSIONS_PER_MINUTE", 100, 1, 1_000_000)
MAX_PICTURES_PER_CLICK = environment.number("MAX_PICTURES_PER_CLICK", 500, 1, 5000)
# So many days a picture stays in the trash; 0: until somebody empties it.
TRASH_DAYS = environment.number("TRASH_DAYS", 30, 0, 36_500)
try:
    AUTO_RETRY_MAX_USD = Decimal(environment.text("AUTO_RETRY_MAX_USD", "0.05"))
    if not 0 <= AUTO_RETRY_MAX_USD <= 100:
        raise InvalidOperation
except InvalidOperation:
    raise ImproperlyConfigured("AUTO_RETRY_MAX_USD must be an amount in USD from 0 to 100.") from None

# How people reach the site.
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, 1, 65_535)
PUBLIC_URLS = environment.public_urls(environment.listening_url(HOST, PORT))
PUBLIC_URL = PUBLIC_URLS[0]
HTTPS = PUBLIC_URL.startswith("https://")
LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]
_PUBLIC_HOSTS = [url.partition("://")[2] for url in PUBLIC_URLS]
ALLOWED_HOSTS = list(
    dict.fromkeys([*(re.sub(r":\d+\Z", "", host) for host in _PUBLIC_HOSTS), *LOOPBACK_NAMES])
)
# Whoever reaches the port may send any Host.
_IS_OPEN = HOST not in ("127.0.0.1", "localhost", "::1") or not set(ALLOWED_HOSTS) <= set(LOOPBACK_NAMES)
if DEBUG and (HTTPS or _IS_OPEN):
    raise ImproperlyConfigured(
        "DEBUG shows settings and code to whoever meets an error: only with a HOST and a PUBLIC_URL of this machine "
        "alone, such as 127.0.0.1 and http://127.0.0.1:8000."
    )
CSRF_TRUSTED_ORIGINS = list(PUBLIC_URLS)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# What binds more than our own name is its owner's decision, and cannot be taken back soon.
HSTS_SCOPE = environment.choice("HSTS_SCOPE", "host", ("host", "subdomains", "preload"))
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and HSTS_SCOPE != "host"
SECURE_HSTS_PRELOAD = HTTPS and HSTS_SCOPE == "preload"
# Only a proxy that we were told of may speak of https: on plain http a client could send the header itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Browsers keep cookies by host alone: of two installations on one host each has names of its own.
INSTALLATION = environment.installation(SECRET_KEY, PUBLIC_URL)
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session-{INSTALLATION}"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
STAFF_SESSION_AGE = timedelta(hours=12)
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf-{INSTALLATION}"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "gallery.views.errors.csrf_failure"
# The cookie is bound to /media/, which the prefix __Host- forbids (it wants the path /).
MEDIA_COOKIE_NAME = f"{'__Secure-' if HTTPS else ''}media-{INSTALLATION}"
MEDIA_COOKIE_AGE = timedelta(hours=1)
# Pages, which are sent no cookie of /media/, know by this one that the browser has a pass.
MEDIA_GIVEN_COOKIE_NAME = f"{_COOKIE_PREFIX}media-given-{INSTALLATION}"
MESSAGES_COOKIE_NAME = f"{_COOKIE_PREFIX}messages-{INSTALLATION}"
MESSAGE_STORAGE = "gallery.http.Messages"

INSTALLED_APPS = [
    "gallery.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "gallery.apps.GalleryConfig",
]

MIDDLEWARE = [
    "gallery.middleware.SigninAddresses",
    "django.middleware.security.SecurityMiddleware",
    "gallery.middleware.GuardedMedia",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gallery.middleware.CompressedPages",
    "gallery.middleware.RequestGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "gallery.middleware.MemberRequired",
    "gallery.middleware.ReaderZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "gallery.middleware.PageHeaders",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gallery.urls"
WSGI_APPLICATION = "gallery.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "csp.context_processors.nonce",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gallery.context_processors.site",
            ],
        },
    },
    # What is hot: fragments of pages, asked for by `{% jinja "….jinja" %}`.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "gallery.fragments.environment"},
    },
]

# Durable before fast: WAL with synchronous FULL, and every transaction takes the write lock at its start, so
# that two writers wait for each other instead of failing at commit.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 60,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
    ),
}
# A network that swallows what is sent must not hold a worker or a page for ever: seconds, and for what was sent
# but not acknowledged milliseconds.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
_database = environment.database(DATA_DIR / "gallery.sqlite3")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {**SQLITE_OPTIONS, **_database.get("OPTIONS", {})}
    _database["CONN_MAX_AGE"] = None
else:
    _database["OPTIONS"] = {**POSTGRESQL_OPTIONS, **_database.get("OPTIONS", {})}
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where pictures lie: in a folder, or in a bucket. With X_ACCEL_PREFIX the server in front of us hands them out.
MEDIA_BUCKET = environment.bucket()
X_ACCEL_PREFIX = environment.internal_location()
if MEDIA_BUCKET and (find_spec("storages") is None or find_spec("boto3") is None):
    raise ImproperlyConfigured("MEDIA_STORAGE is a bucket: install the extra s3 (django-storages[s3]).")
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
SPOOL_DIR = DATA_DIR / "spool"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "gallery.media.s3.BucketStorage"
        if MEDIA_BUCKET
        else "gallery.media.storage.ContentStorage"
    },
    "staticfiles": {"BACKEND": "gallery.web.assets.StaticFiles"},
}
WHITENOISE_INDEX_FILE = False

AUTH_USER_MODEL = "gallery.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "gallery.accounts.MaximumLengthValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "gallery"
LOGOUT_REDIRECT_URL = "login"
# So long a sign-in link holds; every text that says how long says it by this.
SIGNIN_LINK_HOURS = 24
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=SIGNIN_LINK_HOURS).total_seconds())

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "gallery.web.callers.attempted_name"
AXES_CLIENT_IP_CALLABLE = "gallery.web.callers.counted_address"
AXES_LOCKOUT_CALLABLE = "gallery.views.errors.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # Browsers are sent to the bucket itself, unless the server in front of us fetches from it.
        "img-src": [SELF, MEDIA_BUCKET.origin] if MEDIA_BUCKET and not X_ACCEL_PREFIX else [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# Pictures that members bring, or read, come to these addresses, several in one body; no other takes so much.
UPLOADS_URLS = ("/uploads/", "/create/from-file/", "/create/pictures/")
UPLOADS_MAX_SIZE = 101 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 100

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = environment.text("TIME_ZONE", "UTC")
try:
    ZoneInfo(TIME_ZONE)
except (ValueError, OSError, KeyError):
    raise ImproperlyConfigured(
        f"TIME_ZONE must be a name such as Europe/Rome, not {TIME_ZONE[:40]!r}."
    ) from None

LOG_FORMAT = environment.choice("LOG_FORMAT", "text", ("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "gallery.logs.TextFormatter"},
        "json": {"()": "gallery.logs.JsonFormatter"},
    },
    "filters": {
        "no_health": {"()": "gallery.logs.NoHealth"},
        "one_line_for_outages": {"()": "gallery.logs.OneLineForOutages"},
        "first_of_each_host": {"()": "gallery.logs.FirstOfEachHost"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "gallery": {"level": "INFO"},
        # What it says of wrong passwords stands in gallery.events.
        "axes": {"level": "ERROR"},
        # Its line for each request says what the lines of the worker and the ledger say too.
        "venice": {"level": "WARNING"},
        "django.request": {"level": "ERROR", "filters": ["no_health", "one_line_for_outages"]},
        # Rubbish from outside is answered 400; a traceback for each would let anybody fill the log.
        "django.security": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "ERROR", "filters": ["first_of_each_host"]},
        # A full queue of requests is no event: each one that waits would be a line.
        "waitress.queue": {"level": "ERROR"},
    },
}
# HSTS for subdomains and preloading are opt in (HSTS_SCOPE).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
