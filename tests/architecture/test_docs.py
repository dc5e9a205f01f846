"""The documentation says what is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/**/README.md")]
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def test_the_page_of_settings_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/make_settings.py"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == (ROOT / "docs/settings.md").read_text(), "run `make docs`"


def test_every_link_leads_somewhere() -> None:
    broken = [f"{page}: {link}" for page in PAGES for link in _LINK.findall(page.read_text()) if not leads(page, link)]
    assert not broken


def leads(page: Path, link: str) -> bool:
    return (page.parent / link).exists()


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text()
    assert [path.name for path in ROOT.glob("docs/adr/0*.md") if path.name not in listed] == []
