"""Brings the documentation up to date.

python -m tools.docs                 the pages that are made from the code
python -m tools.docs check           exit code 1 when one of them is not up to date
python -m tools.docs examples        what the examples of all pages print (--slow: also those that take long)
python -m tools.docs validation      docs/validation.md, from all validation cases (minutes)
python -m tools.docs gallery [NAME]  what is measured of the gallery's designs, and their pages (minutes)
python -m tools.docs agreement       docs/agreement.md, the closed form against the engine (minutes)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from loadcase.systems import system, systems
from tools.docs.examples import renewed, session
from tools.docs.gallery import remember
from tools.docs.pages import ROOT, stale, write, written
from tools.docs.validation import agreement_page, validation_page


def main(arguments: list[str]) -> int:
    """Does what the arguments say; gives the exit code."""
    match arguments:
        case []:
            changed = write()
        case ["check"]:
            changed = list(stale())
        case ["examples", *rest] if rest in ([], ["--slow"]):
            changed = write()
            for page in written():
                with tempfile.TemporaryDirectory() as folder:
                    text = renewed(page, session(ROOT, Path(folder)), slow=bool(rest))
                if text != page.read_text("utf-8"):
                    page.write_text(text, "utf-8")
                    changed.append(page)
        case ["gallery", *names]:
            changed = [remember(one) for one in [system(name) for name in names] or systems()]
            changed += write()
        case ["validation"]:
            page = ROOT / "docs" / "validation.md"
            page.write_text(validation_page(), "utf-8")
            changed = [page]
        case ["agreement"]:
            page = ROOT / "docs" / "agreement.md"
            page.write_text(agreement_page(), "utf-8")
            changed = [page]
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    for path in changed:
        print(path.relative_to(ROOT))
    return 1 if arguments == ["check"] and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
