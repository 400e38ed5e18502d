"""Django's settings. All that an installation may want to change comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext

from allsquare.config.secrets import encryption_keys, secret_key
from allsquare.core.embedded_postgres import Cluster
from allsquare.core.home import home

django_stubs_ext.monkeypatch()  # lets field classes carry their types at run time

HOME = home()
PACKAGE = Path(__file__).resolve().parents[1]
FRONTEND_DIR = Path(os.environ.get("ALLSQUARE_FRONTEND", PACKAGE.parents[1] / "node_modules"))
#: Texts of the help: beside the sources in a checkout, inside the package where it was installed.
HELP_DIR = next(
    place for place in (PACKAGE.parents[1] / "docs" / "help", PACKAGE / "help_texts") if place.is_dir()
)


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [part for part in os.environ.get(name, default).replace(",", " ").split() if part]


def _sign_up() -> str:
    """``always``, ``never``, or ``first``: until there is an organization."""
    given = os.environ.get("ALLSQUARE_OPEN_SIGN_UP", "first").lower()
    return {"1": "always", "true": "always", "0": "never", "false": "never"}.get(given, given)


def _provider() -> dict[str, Any]:
    """Its word about an address is trusted: it is the organization's own directory."""
    return {
        "provider_id": "sso",
        "name": ALLSQUARE_OIDC_NAME,
        "client_id": os.environ.get("ALLSQUARE_OIDC_CLIENT_ID", ""),
        "secret": os.environ.get("ALLSQUARE_OIDC_CLIENT_SECRET", ""),
        "settings": {
            "server_url": ALLSQUARE_OIDC_SERVER,
            "email_authentication": True,
            "oauth_pkce_enabled": True,
        },
    }


def _database() -> dict[str, Any]:
    """``DATABASE_URL`` (``postgresql://user:password@host:port/name?sslmode=…``), else the embedded PostgreSQL."""
    common = {"ENGINE": "allsquare.core.postgresql", "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    # What core.bulk sends is prepared by the server once. Off for a PgBouncer before 1.21 in transaction mode.
    options = {"prepare_threshold": 5 if _flag("ALLSQUARE_PREPARED_STATEMENTS", default=True) else None}
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {**Cluster.at().connection(), "OPTIONS": options, **common}
    parts = urlsplit(url)
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {**options, **dict(parse_qsl(parts.query))},
        **common,
    }


DEBUG = _flag("ALLSQUARE_DEBUG")
SECRET_KEY = secret_key(HOME)
ENCRYPTION_KEYS = encryption_keys(HOME)

#: Where people reach this installation; links in mails and PDFs start with it.
BASE_URL = os.environ.get("ALLSQUARE_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = _list("ALLSQUARE_ALLOWED_HOSTS", f"{urlsplit(BASE_URL).hostname} localhost 127.0.0.1")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pgtrigger",
    "procrastinate.contrib.django",
    "allsquare.web.ui",
    "allsquare.web.console",  # before allauth: its sign-in pages are drawn by our templates
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "anymail",
    "allsquare.core",
    "allsquare.identity",
    "allsquare.ledger",
    "allsquare.tax",
    "allsquare.customers",
    "allsquare.catalog",
    "allsquare.billing",
    "allsquare.risk",
    "allsquare.payments",
    "allsquare.selling",
    "allsquare.notifications",
    "allsquare.connect",
    "allsquare.insights",
    "allsquare.web.portal",
    "allsquare.web.hooks",
    "allsquare.web.caught",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "allsquare.web.ui.csp.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allsquare.web.ui.language.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allsquare.web.console.access.OrganizationMiddleware",
    "allsquare.web.console.account.presence.PresenceMiddleware",
    "allsquare.web.ui.errors.ErrorPagesMiddleware",
]

ROOT_URLCONF = "allsquare.config.urls"
WSGI_APPLICATION = "allsquare.config.wsgi.application"

FORM_RENDERER = "allsquare.web.ui.widgets.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "allsquare.web.console.navigation.console_context",
            ]
        },
    }
]

DATABASES = {"default": _database()}
# Limits of tries and used codes stand there: one truth for all processes.
CACHES = {"default": {"BACKEND": "allsquare.core.shared_cache.SharedCache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The first makes new hashes; those of the others are made anew at the next sign-in.
PASSWORD_HASHERS = [
    "allsquare.identity.passwords.Argon2",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "allsquare.web.console.account.forms.SignInForm",
    "reset_password": "allsquare.web.console.account.forms.ForgottenPasswordForm",
}
ACCOUNT_ADAPTER = "allsquare.web.console.account.adapter.AccountAdapter"
#: Single sign-on by OpenID Connect, when a provider is named.
ALLSQUARE_OIDC_SERVER = os.environ.get("ALLSQUARE_OIDC_SERVER", "").rstrip("/")
ALLSQUARE_OIDC_NAME = os.environ.get("ALLSQUARE_OIDC_NAME", "Single sign-on") if ALLSQUARE_OIDC_SERVER else ""
#: Origins beside the provider's own that its sign-in page may stand on.
ALLSQUARE_OIDC_HOSTS = _list("ALLSQUARE_OIDC_HOSTS")
SOCIALACCOUNT_ADAPTER = "allsquare.web.console.account.single_sign_on.SingleSignOn"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_provider()] if ALLSQUARE_OIDC_SERVER else []}}
#: May single sign-on make people of those who were invited? Else they accept by the mailed link first.
ALLSQUARE_OIDC_CREATE = _flag("ALLSQUARE_OIDC_CREATE", default=True)
#: May strangers make an organization? See ``onboarding.claim``.
ALLSQUARE_OPEN_SIGN_UP = _sign_up()
LOGIN_URL = "account_login"
MFA_ADAPTER = "allsquare.web.console.account.second_factors.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks of phones differ; a code counts once all the same
MFA_TOTP_ISSUER = "Allsquare"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody gets an account by a wrong address here: people come by invitation
MFA_FORMS = {
    "authenticate": "allsquare.web.console.account.second_factors.AuthenticateForm",
    "reauthenticate": "allsquare.web.console.account.second_factors.ReauthenticateForm",
    "activate_totp": "allsquare.web.console.account.second_factors.ActivateForm",
    "add_webauthn": "allsquare.web.console.account.second_factors.AddPasskeyForm",
}
LOGIN_REDIRECT_URL = "console:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

CSRF_FAILURE_VIEW = "allsquare.web.ui.errors.csrf_failure"

SESSION_ENGINE = "allsquare.web.ui.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
#: Only when a proxy of ours sets them anew are the X-Forwarded headers believed.
BEHIND_PROXY = _flag("ALLSQUARE_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
#: One catalogue for each language, kept in step with the sources by `make messages`.
LOCALE_PATHS = [PACKAGE / "locale"]
#: What was chosen with the switch on the sign-in page.
LANGUAGE_COOKIE_NAME = "allsquare_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "media"},
    },
    "documents": {
        "BACKEND": "allsquare.core.document_store.LocalDocuments",
        "OPTIONS": {"location": HOME / "documents"},
    },
    # Files of exports, for some days.
    "exports": {
        "BACKEND": "allsquare.core.document_store.LocalDocuments",
        "OPTIONS": {"location": HOME / "exports"},
    },
    # Hashed and compressed once per change by web.ui.static_build; straight from the sources while developing.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "allsquare.web.ui.storage.StaticStorage"
    },
}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "allsquare.web.ui.vendor.VendorFinder",
    "allsquare.web.ui.app_icons.IconFinder",
]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

EMAIL_BACKEND = os.environ.get("ALLSQUARE_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("ALLSQUARE_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("ALLSQUARE_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("ALLSQUARE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ALLSQUARE_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("ALLSQUARE_SMTP_TLS")
EMAIL_TIMEOUT = 60  # a scanner behind the server may think for a while; the lease of a try is ten minutes
DEFAULT_FROM_EMAIL = os.environ.get("ALLSQUARE_FROM_EMAIL", "allsquare@localhost")

#: Adapters by name. ``payments`` imports none of them.
ALLSQUARE_GATEWAYS = {
    "bank_transfer": "allsquare.gateways.bank_transfer.BankTransferGateway",
    "gocardless": "allsquare.gateways.gocardless.GoCardlessGateway",
    "offline": "allsquare.gateways.offline.OfflineGateway",
    "paypal": "allsquare.gateways.paypal.PayPalGateway",
    "sandbox": "allsquare.gateways.sandbox.SandboxGateway",
    "stripe": "allsquare.gateways.stripe.StripeGateway",
}
#: The practice provider that `allsquare serve` runs for rehearsals: where it is, the key that opens accounts there,
#: and under which address its webhooks reach us (it is on this machine and need not go round by the proxy).
ALLSQUARE_SANDBOX_URL = os.environ.get("ALLSQUARE_SANDBOX_URL", "").rstrip("/")
ALLSQUARE_SANDBOX_KEY = os.environ.get("ALLSQUARE_SANDBOX_KEY", "")
ALLSQUARE_SANDBOX_HOOKS = os.environ.get("ALLSQUARE_SANDBOX_HOOKS", BASE_URL).rstrip("/")
#: What each long list is, for the pages and exports that serve all of them (see ``core.listing``).
ALLSQUARE_LISTS = [
    "allsquare.billing.lists.INVOICES",
    "allsquare.billing.credit_note_list.CREDIT_NOTES",
    "allsquare.billing.owed.CUSTOMERS",
    "allsquare.catalog.lists.ITEMS",
    "allsquare.payments.lists.PAYMENTS",
    "allsquare.payments.refund_list.REFUNDS",
    "allsquare.payments.dispute_list.DISPUTES",
    "allsquare.payments.movement_list.MOVEMENTS",
    "allsquare.payments.inbox_list.INBOX",
    "allsquare.payments.task_list.TASKS",
    "allsquare.selling.lists.LINKS",
    "allsquare.insights.journal_list.JOURNAL",
    "allsquare.notifications.lists.MAILS",
    "allsquare.notifications.lists.HELD_MAILS",
    "allsquare.identity.lists.MEMBERS",
    "allsquare.insights.event_list.EVENTS",
    "allsquare.connect.job_list.JOBS",
]
#: Tasks whose own rows say what became of them and when there is another try: a failed job of theirs says nothing more.
ALLSQUARE_JOBS_WITH_A_PLAN = ["notifications.send_mail", "insights.check_books"]
#: What may be done to many chosen rows (see ``core.batch_acts``).
ALLSQUARE_BATCH_ACTS = [
    "allsquare.billing.batch_acts.ISSUE",
    "allsquare.payments.batch_acts.VOID",
    "allsquare.payments.batch_acts.READ_AGAIN",
    "allsquare.payments.batch_acts.RESOLVE",
    "allsquare.notifications.batch_acts.SEND_INVOICES",
    "allsquare.notifications.batch_acts.SEND_MAILS",
    "allsquare.connect.batch_acts.TRY_AGAIN",
    "allsquare.connect.batch_acts.LEAVE",
    "allsquare.notifications.batch_acts.LEAVE_MAILS",
    "allsquare.customers.batch_acts.ARCHIVE",
    "allsquare.customers.batch_acts.RESTORE",
    "allsquare.payments.batch_acts.ASK_PAYMENTS",
    "allsquare.payments.batch_acts.ASK_REFUNDS",
    "allsquare.selling.batch_acts.CLOSE",
    "allsquare.selling.batch_acts.OPEN",
    "allsquare.catalog.batch_acts.ARCHIVE",
]
#: Who follows the event log (see ``core.events.follow``).
ALLSQUARE_EVENT_READERS = {
    "sales": "allsquare.selling.reader.read",  # first: the receipt of a sale names its invoice
    "risk": "allsquare.payments.risk_reader.read",
    "payouts": "allsquare.payments.payout_reader.read",
    "notifications": "allsquare.notifications.reader.read",
    "account days": "allsquare.ledger.reader.read",
    "dashboard days": "allsquare.insights.reader.read",
}
#: What a backup leaves out: sessions, what was remembered for minutes, and sums that are made anew from the journal.
ALLSQUARE_BACKUP_LEAVES_OUT = [
    "django_session",
    "cache_entry",
    "rate_counter",
    "account_day",
    "account_day_mark",
    "money_day",
    "owed_day",
    "dashboard_mark",
]
#: Where the database names documents of the document store.
ALLSQUARE_DOCUMENT_FIELDS = [
    "billing.CreditNoteDocument.sha256",
    "billing.InvoiceDocument.sha256",
    "payments.EvidenceFile.sha256",
]
#: Who must not repeat, after a restore, what may have been done since the backup (see ``core.restoration``).
ALLSQUARE_AFTER_RESTORE = [
    "allsquare.payments.after_restore.hold_accounts",
    "allsquare.notifications.after_restore.hold_mails",
    "allsquare.connect.after_restore.stop_batches",
]
#: Live pages that one process serves at once. Of a WSGI server each keeps a thread (see ``cli.web``).
ALLSQUARE_LIVE_STREAMS = int(os.environ.get("ALLSQUARE_LIVE_STREAMS", "12"))
#: Hosts that a payer may be sent to after a form is posted (the browser enforces ``form-action`` on redirects), and
#: the only ones that an address among a provider's settings may lead to.
ALLSQUARE_PAYMENT_HOSTS = _list(
    "ALLSQUARE_PAYMENT_HOSTS",
    ",".join(
        [
            ALLSQUARE_SANDBOX_URL or "http://127.0.0.1:*",
            "https://checkout.stripe.com",
            "https://hooks.stripe.com",
            "https://pay.gocardless.com",
            "https://pay-sandbox.gocardless.com",
            "https://www.paypal.com",
            "https://www.sandbox.paypal.com",
        ]
    ),
)

#: Where the demonstration's SMTP catcher keeps mails; a page shows them only when this is set.
ALLSQUARE_CAUGHT_MAIL_DIR = os.environ.get("ALLSQUARE_CAUGHT_MAIL_DIR", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"links": {"()": "allsquare.web.portal.logs.WithoutLinks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["links"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("ALLSQUARE_LOG_LEVEL", "WARNING")},
}
