"""`python -m translations`: bring every catalogue in step with the sources, and compile it."""

from __future__ import annotations

import sys

from translations.catalogs import catalogs, compile_catalog, missing, read, update
from translations.extract import extract


def main() -> int:
    said = extract()
    for path in catalogs():
        new, gone = update(path, said)
        compile_catalog(path)
        lacking = missing(read(path))
        sys.stdout.write(
            f"{path.parts[-3]}: {len(said)} texts, {new} new, {gone} gone, {len(lacking)} missing\n"
        )
        for message in lacking:
            sys.stdout.write(f"  {message.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
