"""A headless Chromium, narrow as a phone and wide; skipped, and said so, where there is none."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = Path(__file__).with_name("vendor") / "axe-4.14.1.min.js"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed at the end of its module: its loop must not be there when asynchronous tests run."""
    if _CHROMIUM is None:
        pytest.skip("NO CHROMIUM: the console was not looked at (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, console: str) -> Iterator[OpenPage]:
    """`open_page("/dossiers", width=390)`; a script error fails the test, and so
    does a resource that is blocked or missing, unless it is `failing`."""
    contexts = []
    troubles: list[str] = []

    def open_(path: str, *, width: int = 1280, dark: bool = False, failing: bool = False) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale="fr-FR"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        if not failing:
            page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        page.goto(console + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def axe() -> str:
    return AXE.read_text("utf-8")
