"""The report in a real browser: nothing is clipped, everything is reached and described."""

import re
import shutil
from pathlib import Path

import pytest

import margin

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("short_strangle.yaml", "coin_strangle.yaml", "perpetual.toml")
OFFLINE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Elements whose own text is wider than they are, though no container of theirs scrolls.
CLIPPED = """
() => [...document.querySelectorAll("h1, h2, p, dt, dd, li, a, th, td, caption, figcaption")]
  .filter(each => !each.closest(".scroll, .skip") && each.scrollWidth > each.clientWidth + 1
          && getComputedStyle(each).display !== "inline")
  .map(each => each.textContent)
"""
OUTSIDE = """
() => [...document.querySelectorAll("h1, h2, p, dl, nav, figure, .scroll")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.textContent)
"""
CONTRAST = """
() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("h1, p, dt, td, th, a, li, caption, figcaption")]
    .map(each => light(getComputedStyle(each).color))
    .map(ink => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05));
}
"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=ACCOUNTS)
def report(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    account = margin.read(ROOT / "examples" / request.param)
    path.write_text(margin.html_report(*account), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, report):
    """Open the report in a window of some width; complaints and requests are collected."""
    pages = []

    def page(width=1400, **look):
        found = browser.new_page(viewport={"width": width, "height": 900}, **look)
        found.complaints, found.asked = [], []
        found.on("console", lambda message: found.complaints.append(message.text))
        found.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.on("request", lambda request: found.asked.append(request.url))
        found.goto(report.as_uri())
        pages.append(found)
        return found

    yield page
    for each in pages:
        each.close()


@pytest.mark.parametrize("width", [400, 1400])
def test_no_text_is_clipped_and_the_page_does_not_scroll_sideways(opened, width):
    page = opened(width)
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_asks_for_nothing_and_complains_of_nothing(opened, report):
    page = opened()
    assert page.asked == [report.as_uri()]
    assert page.complaints == []


def test_every_link_and_every_scrolling_part_is_reached_by_keyboard(opened):
    page = opened()
    wanted = page.locator("a, [tabindex='0']").count()
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    assert len(set(reached)) == wanted


def test_links_of_the_page_lead_to_its_sections(opened):
    page = opened()
    for link in page.locator("nav a").all():
        target = link.get_attribute("href").removeprefix("#")
        assert page.locator(f"section[id='{target}'] h2").inner_text() == link.inner_text()


def test_every_figure_is_described_and_no_name_repeats(opened):
    page = opened()
    for drawing in page.locator("figure svg").all():
        label = drawing.get_attribute("aria-labelledby")
        assert page.locator(f"[id='{label}']").text_content().strip()
    names = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(names) == len(set(names))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_light_and_in_dark(opened, scheme):
    # WCAG 2.1, success criterion 1.4.3: at least 4.5 to 1.
    assert min(opened(color_scheme=scheme).evaluate(CONTRAST)) >= 4.5


def test_it_prints_on_a4(opened):
    page = opened()
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    sizes = {
        tuple(round(float(side)) for side in box.split())
        for box in re.findall(r"/MediaBox \[\s*0 0 ([\d. ]+)\]", printed.decode("latin-1"))
    }
    assert sizes <= {(595, 842), (596, 842)}
    assert sizes
