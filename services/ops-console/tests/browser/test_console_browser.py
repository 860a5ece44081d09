"""The console in a headless Chromium, narrow as a phone and wide; skipped where there is none."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

pytestmark = pytest.mark.browser

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = Path(__file__).with_name("vendor") / "axe-4.14.1.min.js"

OpenPage = Callable[..., Page]
CaseId = Callable[[str], str]
PAGES = ("/", "/dossiers", "/etat", "/dossiers?declaration=rien")
LOOKS = [(390, False), (1280, True)]


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

    def note(said: ConsoleMessage) -> None:
        if said.type == "error":
            troubles.append(said.text)

    def open_(path: str, *, width: int = 1280, dark: bool = False, failing: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        if not failing:
            page.on("console", note)
        page.goto(console + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def axe() -> str:
    return AXE.read_text("utf-8")


def accessible(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        f"{found['id']}: {found['help']} {[node['target'] for node in found['nodes']][:3]}"
        for found in result["violations"]
    ]


def fits(page: Page) -> bool:
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider <= 0


@pytest.mark.parametrize(("width", "dark"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_fits_its_width(
    open_page: OpenPage, stand_ins: Any, axe: str, *, path: str, width: int, dark: bool
) -> None:
    page = open_page(path, width=width, dark=dark)

    assert accessible(page, axe) == []
    assert fits(page)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
@pytest.mark.parametrize("story", ["returned", "overdue", "unknown"])
def test_case_is_accessible_and_fits_its_width(
    open_page: OpenPage,
    stand_ins: Any,
    axe: str,
    case_id: CaseId,
    *,
    story: str,
    width: int,
    dark: bool,
) -> None:
    page = open_page(f"/dossiers/{case_id(story)}", width=width, dark=dark)

    assert accessible(page, axe) == []
    assert fits(page)


def test_new_alert_appears_without_reloading(open_page: OpenPage, stand_ins: Any) -> None:
    every = stand_ins.alerts["items"]
    stand_ins.alerts = {"items": [item for item in every if item["kind"] != "incident"]}
    page = open_page("/")
    expect(page.locator(".lede")).to_contain_text("2 alertes ouvertes")

    stand_ins.alerts = {"items": every}
    expect(page.locator(".lede")).to_contain_text("3 alertes ouvertes", timeout=5000)


def test_page_does_not_move_while_nothing_has_changed(open_page: OpenPage, stand_ins: Any) -> None:
    page = open_page("/")
    page.evaluate("document.getElementById('vif').dataset.same = 'yes'")
    stand_ins.asked.clear()
    with page.expect_response(lambda answer: "/fragments/" in answer.url) as asked:
        pass

    assert asked.value.status == 204
    assert page.locator("#vif[data-same=yes]").count() == 1


def test_console_that_stops_answering_says_so(open_page: OpenPage, stand_ins: Any) -> None:
    page = open_page("/", failing=True)
    page.route("**/fragments/**", lambda route: route.abort())
    expect(page.locator("#stale")).to_be_visible(timeout=5000)

    page.unroute("**/fragments/**")
    expect(page.locator("#stale")).to_be_hidden(timeout=5000)


def test_keyboard_reaches_the_content_first(open_page: OpenPage, stand_ins: Any) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()


def test_alert_leads_to_its_case_and_its_next_step(open_page: OpenPage, stand_ins: Any) -> None:
    page = open_page("/", width=390)
    alert = page.locator("article", has_text="Réponse de la CPAM en retard")
    expect(alert).to_contain_text("À faire")
    alert.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Arrêt du 7 au 19 avril 2026")
    expect(page.locator(".callout")).to_contain_text("avis d'arrêt")


def test_picture_tells_its_days_in_words_too(
    open_page: OpenPage, stand_ins: Any, case_id: CaseId
) -> None:
    page = open_page(f"/dossiers/{case_id('settled')}")

    expect(page.get_by_role("img", name="Indemnités : 3 jours de carence")).to_be_visible()
    expect(page.get_by_role("img", name="Paiements : 32 jours payés à l'employeur")).to_be_visible()
