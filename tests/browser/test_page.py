"""The page in a real browser: Debian's chromium, headless, at the project's own detector.

make test-browser; needs `make repro` before it, for the detector and the pictures.
"""

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

import hostile
from conftest import ROOT
from real_or_ai.check.detector import Detector
from real_or_ai.check.project import find_detector
from real_or_ai.conventions.labels import Decision
from real_or_ai.web.limits import LIMITS

pytestmark = pytest.mark.browser

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK = {"viewport": {"width": 1100, "height": 900}}
SLOW = 60_000  # ms; for a machine that is busy with other things

# The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3), opacity counted in.
CONTRAST = """
element => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, alpha, below) => below.map((part, i) => alpha * top[i] + (1 - alpha) * part);
  const layers = [];
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) {
    layers.push(parts(getComputedStyle(at).backgroundColor));
    opacity *= Number(getComputedStyle(at).opacity);
  }
  let ground = [255, 255, 255];
  for (const layer of layers.reverse()) ground = over(layer, layer[3] / 255, ground);
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255).map(
      (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const text = over(parts(getComputedStyle(element).color), opacity, ground);
  const [dark, bright] = [light(text), light(ground)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}
"""


# --- pictures -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector.load(find_detector("lenet5", ROOT), toy=True)


@pytest.fixture(scope="session")
def picture(detector: Detector) -> dict[Decision, Path]:
    """A drawn picture of each class that the detector knows for what it is."""
    found = {}
    for label in ("real", "ai"):
        paths = sorted((ROOT / "data" / "sample").glob(f"*/{label}/**/*.jpg"))
        found[label] = next(path for path in paths if detector.check(path).decision == label)
    return found


# --- the page -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    code = "from real_or_ai.cli import main; main()"
    words = ["serve", "--detector", "lenet5", "--toy", "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server did not start"
        yield found[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "no chromium; on Debian: sudo apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["desk", "phone-dark"])
def look(request: pytest.FixtureRequest) -> dict[str, object]:
    return DESK if request.param == "desk" else PHONE | {"color_scheme": "dark"}


@pytest.fixture
def page(browser: Browser, url: str, look: dict[str, object]) -> Iterator[Page]:
    """The page as it opens; at the end nothing has left this machine and nothing has failed."""
    context = browser.new_context(**look)
    context.set_default_timeout(SLOW)
    page = context.new_page()
    requests: list[Request] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        # A refusal is said on the page; that it is logged as well is the browser's own doing.
        if (
            message.type == "error"
            and "the server responded with a status of 4" not in message.text
        ):
            complaints.append(message.text)

    page.on("request", lambda one: requests.append(one))
    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(url)
    expect(page.get_by_label("Choose a picture")).to_be_attached(timeout=SLOW)
    yield page
    context.close()
    assert complaints == []
    assert len(requests) > 5
    assert [one.url for one in requests if not one.url.startswith((url, "blob:" + url))] == []


def status(page: Page) -> Locator:
    """What is said aloud; Gradio has a place of its own for that, which stays empty."""
    return page.get_by_label("Answer").get_by_role("status")


def shown(page: Page, heading: str) -> None:
    """Waits until the verdict is there, and its words for screen readers."""
    expect(page.locator("#result h2")).to_have_text(heading, timeout=SLOW)
    expect(status(page)).to_contain_text(f"{heading}. Probability of AI")


def handed(page: Page, event: str, *paths: Path) -> None:
    """Drops or pastes files as a person would; the browser offers no way to script the hand."""
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    page.evaluate(
        """async ([event, files]) => {
          const transfer = new DataTransfer();
          for (const [name, data] of files) {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
          }
          const init = { bubbles: true, cancelable: true };
          document.querySelector("#drop").dispatchEvent(event === "drop"
            ? new DragEvent("drop", { ...init, dataTransfer: transfer })
            : new ClipboardEvent("paste", { ...init, clipboardData: transfer }));
        }""",
        [event, files],
    )


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    print(f"screenshots: {folder}")
    return folder


@pytest.fixture
def shoot(page: Page, screenshots: Path, request: pytest.FixtureRequest):
    """Keeps the whole page as a PNG for a person to look at; it must not scroll sideways."""

    def shot(name: str) -> None:
        kind = request.node.callspec.id.split("-")[0]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.viewport_size["width"]
        page.screenshot(path=screenshots / f"{kind}-{name}.png", full_page=True)

    return shot


# --- what people do -----------------------------------------------------------------------------


def test_a_real_picture_is_picked_and_explained(page, shoot, picture, detector):
    shoot("start")
    page.get_by_label("Choose a picture").set_input_files(picture["real"])
    shown(page, "Real")
    verdict = detector.check(picture["real"])
    expect(page.locator("#result .number")).to_have_text(
        f"Probability of AI: {verdict.probability:.3f}"
    )
    scale = page.get_by_role("img", name=f"Score {verdict.score:.3f} on a scale from 0, real")
    expect(scale).to_be_visible()
    page.get_by_role("button", name="Show where the score comes from").click()
    drawn = page.get_by_role("img", name="blue places speak for real")
    expect(drawn).to_be_visible(timeout=SLOW)
    assert drawn.evaluate("image => image.naturalWidth") > 600
    expect(status(page)).to_have_text("The map is there.")
    shoot("real")


def test_an_ai_picture_is_dropped(page, shoot, picture):
    handed(page, "drop", picture["ai"])
    shown(page, "AI")
    expect(page.get_by_text("is a toy, trained on drawn pictures").first).to_be_visible()
    expect(page.get_by_text("external (elsewhere")).to_be_visible()
    expect(page.get_by_text("proves nothing")).to_be_visible()
    shoot("ai")


def test_a_picture_is_pasted_over_another(page, picture):
    handed(page, "paste", picture["ai"])
    shown(page, "AI")
    handed(page, "paste", picture["real"])
    shown(page, "Real")
    expect(page.locator("#name")).to_have_text(picture["real"].name)


def test_a_map_of_an_older_picture_is_not_shown(page, picture):
    """Decoded, here, only once the next picture has its verdict."""
    page.evaluate(
        """() => {
          const decode = HTMLImageElement.prototype.decode;
          const promise = () => {
            let keep;
            return Object.assign(new Promise((resolve) => (keep = resolve)), { keep });
          };
          window.steps = [promise(), promise(), promise()];
          const [begun, late, done] = window.steps;
          HTMLImageElement.prototype.decode = async function () {
            begun.keep();
            await late;
            await decode.call(this);
            setTimeout(done.keep, 100);
          };
        }"""
    )
    page.get_by_label("Choose a picture").set_input_files(picture["ai"])
    shown(page, "AI")
    page.get_by_role("button", name="Show where the score comes from").click()
    page.evaluate("() => window.steps[0]")
    page.get_by_label("Choose a picture").set_input_files(picture["real"])
    shown(page, "Real")
    page.evaluate("() => { window.steps[1].keep(); return window.steps[2]; }")
    expect(page.locator("#map")).to_be_empty()
    shown(page, "Real")


def test_a_broken_picture_is_refused_in_a_sentence(page, shoot, picture, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(picture["real"].read_bytes()[:2000])
    page.get_by_label("Choose a picture").set_input_files(broken)
    expect(status(page)).to_contain_text("damaged: ", timeout=SLOW)
    expect(page.locator("#result")).to_be_empty()
    shoot("broken")
    page.get_by_label("Choose a picture").set_input_files(picture["real"])
    shown(page, "Real")


def test_a_too_large_one_is_not_even_sent(page, shoot, tmp_path):
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(LIMITS.bytes + 1))
    sent = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    page.get_by_label("Choose a picture").set_input_files(large)
    expect(status(page)).to_have_text("too large: 25000001 bytes, allowed are 25000000")
    assert sent == []
    shoot("too-large")


def test_two_pictures_at_once_are_refused_and_not_half_taken(page, picture):
    sent = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    handed(page, "drop", picture["real"], picture["ai"])
    expect(status(page)).to_contain_text("2 files: one picture at a time")
    assert sent == []
    handed(page, "drop", picture["real"])
    shown(page, "Real")


def test_a_picture_that_the_browser_cannot_show_is_said_to_be_so(page, tmp_path, draw_scene):
    pillow_heif.register_heif_opener()
    draw_scene(1).save(tmp_path / "telephone.heic")
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "telephone.heic")
    expect(page.locator("#name")).to_have_text("telephone.heic (this browser cannot show it)")
    expect(page.locator("#result .number")).to_be_visible(timeout=SLOW)
    expect(page.locator("#preview")).to_be_hidden()


def test_a_bomb_is_refused(page, tmp_path):
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(hostile.png_bomb())
    page.get_by_label("Choose a picture").set_input_files(bomb)
    expect(status(page)).to_contain_text("too many pixels", timeout=SLOW)


def test_what_a_file_claims_is_shown_as_text(page, shoot, tmp_path):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "<img src=x onerror=alert(1)> a cat\nSteps: 20, Sampler: Euler")
    path = tmp_path / "claims.png"
    Image.new("RGB", (200, 200), "teal").save(path, pnginfo=texts)
    page.get_by_label("Choose a picture").set_input_files(path)
    claims = page.locator(".claims")
    expect(claims).to_contain_text("onerror=alert(1)", timeout=SLOW)
    expect(claims).to_contain_text("speaks for AI, if true")
    assert claims.locator("img").count() == 0
    shoot("claims")


@pytest.mark.parametrize("look", [DESK], ids=["desk"])
def test_a_keyboard_is_enough(page, picture):
    def tab_to(condition: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.{condition}"):
                return
        raise AssertionError(f"the focus never came to {condition}")

    # Asked for now, as playwright does not wait until the browser knows that choosers are caught.
    page.on("filechooser", lambda _: None)
    tab_to("id === 'picture'")
    outline = page.locator("#drop").evaluate("drop => getComputedStyle(drop).outlineStyle")
    assert outline == "solid"  # the focus can be seen
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(picture["real"])
    shown(page, "Real")
    tab_to("id === 'explain'")
    page.keyboard.press("Enter")
    expect(page.locator("#map img")).to_be_visible(timeout=SLOW)
    tab_to("textContent.includes('Model card')")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Known failures")).to_be_visible()


def test_all_text_can_be_read(page, shoot, picture):
    page.get_by_label("Choose a picture").set_input_files(picture["ai"])
    shown(page, "AI")
    page.get_by_role("button", name="Model card").click()
    page.get_by_role("button", name="For programs").click()
    expect(page.get_by_text("--data-binary").first).to_be_visible()
    texts = page.locator("h1, h2, h3, p, li, b, td, th, figcaption, button, .names span").filter(
        has_text=re.compile(r"\w")
    )
    assert texts.count() > 30
    for text in texts.all():
        if text.is_visible():
            assert text.evaluate(CONTRAST) >= 4.5, text.inner_text()
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == dark
    shoot("all")
