"""`python -m translations`: bring every catalogue in step with the sources, and compile it."""

from __future__ import annotations

import sys

from translations.catalogs import catalogs, compile_catalog, read, update
from translations.extract import extract


def main() -> int:
    said = extract()
    for path in catalogs():
        new, gone = update(path, said)
        compile_catalog(path)
        missing = [entry for entry in read(path) if not entry.translated()]
        sys.stdout.write(
            f"{path.parts[-3]}: {len(said)} texts, {new} new, {gone} gone, {len(missing)} missing\n"
        )
        for entry in missing:
            sys.stdout.write(f"  {entry.msgid}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
