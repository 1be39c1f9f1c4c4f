"""The built site: it needs no network, its search works from disk, and its API pages show every public name.

`.ci/run` builds it into `site/` beforehand (`mkdocs build --strict`); without that, and without MkDocs, all is skipped.
"""

import ast
import html
import inspect
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

import keras_vg as vg

ROOT = Path(__file__).parents[1]
SITE = ROOT / "site"
STUB = ast.parse((ROOT / "keras_vg" / "__init__.pyi").read_text("utf-8"))
PUBLIC = [
    (name.asname, f"{node.module}." if node.module else "")
    for node in STUB.body
    if isinstance(node, ast.ImportFrom)
    for name in node.names
]

pytestmark = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="no site: mkdocs build --strict makes it")


class Elements(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def pages():
    """All pages, as text by their paths in the site."""
    return {path.relative_to(SITE).as_posix(): path.read_text("utf-8") for path in SITE.rglob("*.html")}


def find_links(page):
    """What a page has a browser load, and where its links lead."""
    elements = Elements(page).tags
    loaded = [
        attributes.get("src") or attributes.get("href")
        for tag, attributes in elements
        if tag in ("script", "img", "iframe", "source") or (tag == "link" and attributes.get("rel") != "canonical")
    ]
    links = [attributes["href"] for tag, attributes in elements if tag == "a" and "href" in attributes]
    return [address for address in loaded if address], links


def test_nothing_is_loaded_from_a_network(pages):
    for name, page in pages.items():
        loaded, _ = find_links(page)
        assert loaded
        assert [address for address in loaded if re.match(r"(https?:)?//", address)] == [], name
    styles = "".join(path.read_text("utf-8") for path in SITE.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;", styles) == []


def test_every_link_leads_to_a_file_and_a_heading(pages):
    identifiers = {
        name: {attributes["id"] for _, attributes in Elements(page).tags if attributes.get("id")}
        for name, page in pages.items()
    }
    for name, page in pages.items():
        if name == "404.html":  # it is served under any address, so its links are absolute
            continue
        loaded, links = find_links(page)
        for address in [*loaded, *links]:
            path, _, anchor = address.partition("#")
            if re.match(r"\w+:|//", address):
                continue
            target = (SITE / name).parent.joinpath(path).resolve() if path else (SITE / name).resolve()
            assert target.exists(), f"{name}: {address}"
            if anchor and target.suffix == ".html":
                assert html.unescape(anchor) in identifiers[target.relative_to(SITE.resolve()).as_posix()], (
                    f"{name}: {address}"
                )


def test_formulas_and_diagrams_are_drawn(pages):
    assert "<math" in pages["api/theory.html"]
    assert "arithmatex" not in "".join(pages.values())
    assert '<svg class="flowchart"' in pages["architecture.html"]
    assert "flowchart TD" not in pages["architecture.html"]


def test_the_claims_are_there_with_their_pictures(pages):
    loaded, _ = find_links(pages["results/RESULTS.html"])
    pictures = [address for address in loaded if address.endswith(".png") and "favicon" not in address]
    assert len(pictures) == len(list((ROOT / "scripts" / "results").glob("*/*.png")))


def list_documented():
    """The public functions and classes, those of the public modules included, as the API pages call them."""
    for name, _ in PUBLIC:
        value = getattr(vg, name)
        if not inspect.ismodule(value):
            yield f"keras_vg.{name}", value
            continue
        parts = getattr(value, "__all__", None) or [
            part for part, member in vars(value).items() if getattr(member, "__module__", "") == value.__name__
        ]
        for part in parts:
            member = getattr(value, part)
            is_own = getattr(member, "__module__", "").startswith("keras_vg.")  # `theory.Array` is NumPy's
            if not part.startswith("_") and is_own and (inspect.isfunction(member) or inspect.isclass(member)):
                yield f"keras_vg.{name}.{part}", member


def test_every_public_name_has_its_signature_docstring_and_example(pages):
    api = [page for name, page in pages.items() if name.startswith("api/")]
    documented = dict(list_documented())
    assert {"keras_vg.GradientLogger", "keras_vg.theory.predict_factor", "keras_vg.runs.read_run_logs"} <= set(
        documented
    )
    for name, value in documented.items():
        aliases = [alias for alias, other in documented.items() if other is value]
        section = next((section for alias in aliases for page in api if (section := find_section(page, alias))), "")
        assert section, f"{name} is on no page of docs/api"
        words = "".join(re.findall(r"\w+", html.unescape(re.sub(r"<[^>]+>", " ", section))))
        first = value.__doc__.strip().splitlines()[0]
        if "$" not in first:
            assert "".join(re.findall(r"\w+", first)) in words, name
        for parameter in inspect.signature(value).parameters:
            assert parameter.strip("_") in words, f"{name}: {parameter}"
        if ">>>" in value.__doc__:
            assert "&gt;&gt;&gt;" in section, f"{name}: its example is not shown as one"


def find_section(page, name):
    """The part of an API page that begins with a name's heading and ends with the next one of the same object."""
    start = page.find(f'id="{name}"')
    if start < 0:
        return None
    rest = page[start:]
    end = re.search(r'<h[2-6] id="keras_vg\.(?!' + re.escape(name.removeprefix("keras_vg.")) + r"\b)", rest)
    return rest[: end.start()] if end else rest


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    """Chromium without a network."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("there is no Chromium with its driver here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


def test_the_search_works_from_disk(chrome):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    chrome.get((SITE / "index.html").as_uri())
    chrome.execute_script("document.querySelector('#__search').click()")
    wait = WebDriverWait(chrome, 60)
    box = chrome.find_element(By.CSS_SELECTOR, "[data-md-component=search-query]")
    wait.until(lambda _: box.is_displayed() and box.is_enabled())
    box.send_keys("implied_gradient")
    found = wait.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, ".md-search-result__item a"))
    assert any("log.html" in link.get_attribute("href") for link in found)
    messages = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    # What the browser asks for by itself, about updates for example, belongs to no page of the site.
    requests = {
        one["request"]["url"].split(":")[0] for one in sent if one["documentURL"].startswith(("file:", "blob:"))
    }
    assert "file" in requests
    assert requests <= {"file", "data", "about", "blob", "chrome"}
    errors = [entry["message"] for entry in chrome.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []
