"""MkDocs' hooks: README is the first page, and what pages link to outside docs/ comes along.

The pages are written for a reader in the repository, so that a link leads to a file of it. Here
each such file gets a place in the site, and each link leads to that place.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#\s]+)")


def on_config(config: MkDocsConfig) -> None:
    """The reference is a page for each room of the package."""
    (config.nav or []).append({"Reference": [f"reference/{room}.md" for room in _rooms()]})


def on_files(files: Files, config: MkDocsConfig) -> None:
    for room in _rooms():
        text = f"# {room}\n\n::: real_or_ai.{room}\n"
        files.append(File.generated(config, f"reference/{room}.md", content=text))
    for path in _reached():
        if files.get_file_from_path(_place(path)) is None:
            source = str(ROOT / path)
            files.append(File.generated(config, _place(path), abs_src_path=source))


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    here = page.file.src_uri
    if here.startswith("reference/"):
        return markdown

    def moved(link: re.Match[str]) -> str:
        to = posixpath.normpath(posixpath.join(posixpath.dirname(_origin(here)), link[1]))
        return posixpath.relpath(_place(to), posixpath.dirname(here) or ".")

    return LINK.sub(moved, markdown)


def _rooms() -> list[str]:
    package = ROOT / "src" / "real_or_ai"
    return sorted(
        path.stem
        for path in package.iterdir()
        if (path / "__init__.py").is_file() or path.suffix == ".py"
        if not path.name.startswith("_")
    )


def _reached() -> list[str]:
    """The pages and every file they link to, pages of pages too; paths from the repository."""
    todo = ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
    for path in todo:
        if path.endswith(".md"):
            for link in LINK.findall((ROOT / path).read_text(encoding="utf-8")):
                to = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
                if to not in todo and (ROOT / to).is_file():
                    todo.append(to)
    return todo


def _place(path: str) -> str:
    """Where a file of the repository stands in the site."""
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


def _origin(place: str) -> str:
    """The file of the repository that stands there."""
    if place == "index.md":
        return "README.md"
    return f"docs/{place}" if (ROOT / "docs" / place).exists() else place
