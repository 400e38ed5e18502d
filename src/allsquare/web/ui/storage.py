"""How collected static files are named: by a hash of their content, compressed beside the plain file."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for CSS references, but source maps are left alone.

    Minified npm files end in a ``sourceMappingURL``; following it would make megabytes of maps part of every
    installation only for them to be renamed.
    """

    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\((?P<quote>['"]{0,1})\s*(?P<url>.*?)(?P=quote)\))""",
                (
                    r"""(?P<matched>@import\s*(?P<quote>["'])\s*(?P<url>.*?)(?P=quote))""",
                    """@import url("%(url)s")""",
                ),
            ),
        ),
    )
