# SPDX-License-Identifier: MIT
"""A browser for the tests of the page: Debian's Chromium, and what an inspector would look for."""
import contextlib
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

PATIENCE = 30  # seconds; everything waits for what it expects

# Texts that do not stand out from what is behind them (WCAG 2.1, AA): [ratio, text].
CONTRAST = """
const rgb = text => { const p = text.match(/[\\d.]+/g).map(Number); return [p[0], p[1], p[2], p.length > 3 ? p[3] : 1]; };
const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = node => { if (!node) return rgb("rgb(255, 255, 255)"); const c = rgb(getComputedStyle(node).backgroundColor); return c[3] === 1 ? c : over(c, behind(node.parentElement)); };
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, style = getComputedStyle(node);
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest(":disabled")) continue;
    const back = behind(node), front = over(rgb(style.color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push([ratio.toFixed(2), walker.currentNode.data.trim().slice(0, 60)]);
}
return found;
"""

# What a screen reader has no name for, ids that are there twice, headings that skip a level, lists of anything but items.
NAMES = """
const text = node => (node?.textContent ?? "").trim();
const named = node => node.getAttribute("aria-label")?.trim() || (node.getAttribute("aria-labelledby") ?? "").split(/\\s+/).map(id => text(document.getElementById(id))).join("") ||
    [...(node.labels ?? [])].map(text).join("") || (node.nodeName === "BUTTON" || node.nodeName === "SUMMARY" || node.nodeName === "A" ? text(node) : "");
const found = [];
for (const node of document.querySelectorAll("button, input, select, textarea, a, summary, section, dialog[open]"))
    if (!named(node)) found.push("no name: " + node.outerHTML.slice(0, 90));
const ids = [...document.querySelectorAll("[id]")].map(node => node.id);
ids.filter((id, at) => ids.indexOf(id) !== at).forEach(id => found.push("twice: #" + id));
let level = 0;
for (const heading of [...document.querySelectorAll("main h1, main h2, main h3, main h4")]) {
    const now = Number(heading.nodeName[1]);
    if (now > level + 1) found.push(`h${now} after h${level}: ` + text(heading));
    level = now;
}
if (document.querySelectorAll("main h1").length !== 1) found.push("not one h1");
for (const list of document.querySelectorAll("ul, ol"))
    if ([...list.children].some(child => child.nodeName !== "LI")) found.push("no items: " + list.className);
if (!document.documentElement.lang) found.push("no language");
for (const node of document.querySelectorAll("[style], [onclick], [onload], [onerror]")) found.push("inline: " + node.outerHTML.slice(0, 90));
return found;
"""


class Browser:
    def __init__(self, shots, width=1280):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for each in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                     "--lang=en", "--ignore-certificate-errors"):
            options.add_argument(each)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(PATIENCE)
        self.shots = shots
        self.failures = []
        self.checks = 0
        self.size(width)

    def size(self, width, height=1000):
        self.width = width
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def dark(self, on):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})
        self.until("it is dark" if on else "it is light",
                   lambda: self.js("return document.documentElement.classList.contains('dark')") == on)

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.js("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def check(self, what, good, detail=""):
        self.checks += 1
        if not good:
            self.failures.append(what)
            print(f"FAILED: {what} {detail}", flush=True)
            self.shot(f"failed-{len(self.failures)}")
        return good

    def until(self, what, condition, seconds=PATIENCE):
        """Waits until it is so; how long that took, or None."""
        start = time.monotonic()
        while True:
            with contextlib.suppress(StaleElementReferenceException, WebDriverException):
                if condition():
                    self.checks += 1
                    return time.monotonic() - start
            if time.monotonic() - start > seconds:
                self.check(what, False, f"(not within {seconds} s)")
                return None
            time.sleep(0.02)

    def says(self, *texts, within=PATIENCE, selector="main"):
        for text in texts:
            self.until(f"it says {text!r}", lambda text=text: text in self.text(selector), within)

    def click(self, name, selector="button"):
        """The control with that accessible name, or the text."""
        def found():
            for node in self.all(selector):
                label = node.get_attribute("aria-label") or node.text
                if label.strip() == name and node.is_displayed() and node.is_enabled():
                    self.js("arguments[0].scrollIntoView({block: 'center'})", node)
                    node.click()
                    return True
            return False
        return self.until(f"there is {name!r} to be clicked", found)

    def inspect(self, what):
        """As an accessibility checker would."""
        names = self.js(NAMES)
        self.check(f"{what}: everything has a name", not names, names)
        faint = self.js(CONTRAST)
        self.check(f"{what}: every text stands out", not faint, faint)
        wide = self.js("return document.documentElement.scrollWidth")
        self.check(f"{what}: nothing is wider than the window", wide <= self.width, wide)

    def complaints(self):
        """Errors on the console: scripts that failed, what the content policy refused, what was not found."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" or "Content Security Policy" in entry["message"]]

    def shot(self, name, whole=False):
        if not self.shots:
            return
        if whole:
            self.size(self.width, self.js("return document.documentElement.scrollHeight"))
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))
        if whole:
            self.size(self.width)

    def close(self):
        self.driver.quit()
