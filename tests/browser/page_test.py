#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page in a real browser and a real Cockpit, without systemd and without a login: what it shows of documents, what
it asks the program for. What it does to a real libvirt is tried in the VM lab (page_in_lab.py).

    tests/browser/page_test.py [DIRECTORY-FOR-SCREENSHOTS]
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WS = next((path for path in ("/usr/lib/cockpit/cockpit-ws", "/usr/libexec/cockpit-ws") if os.path.exists(path)), None)
SKIPPED = 77

try:
    from browser import Browser
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("SKIPPED: no python3-selenium")
    sys.exit(SKIPPED)
if not WS or not shutil.which("cockpit-bridge") or not shutil.which("chromedriver") or not shutil.which("chromium"):
    print("SKIPPED: no cockpit-ws, cockpit-bridge, chromium or chromium-driver")
    sys.exit(SKIPPED)

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "'\"><b>bold</b>&amp;{{x}}${x}`x`",
    "\x1b[2Jclear\nline\u202eevil\u200b",
    "javascript:alert(1)",
    "x" * 126,
]


def case(name):
    return json.loads((ROOT / "tests/cases" / f"{name}.json").read_text())


class Stage:
    """A Cockpit with our page, and a program that says what we want."""

    def __init__(self, shots):
        self.work = pathlib.Path(tempfile.mkdtemp())
        self.fake = self.work / "fake"
        self.fake.mkdir()
        (self.work / "share/cockpit").mkdir(parents=True)
        (self.work / "share/cockpit/usbreconcile").symlink_to(ROOT / "rules/cockpit")
        (self.work / "bin").mkdir()
        shutil.copy(HERE / "fake_usbreconcile", self.work / "bin/usbreconcile")
        os.mkfifo(self.fake / "stream")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = dict(os.environ, FAKE=str(self.fake), PATH=f"{self.work}/bin:{os.environ['PATH']}", LC_ALL="C.UTF-8",
                           XDG_DATA_DIRS=f"{self.work}/share:/usr/local/share:/usr/share", HOME=str(self.work))
        self.log = open(self.work / "ws.log", "w", encoding="utf-8")
        self.ws = subprocess.Popen([WS, "--no-tls", "--address=127.0.0.1", f"--port={self.port}", "--local-session=cockpit-bridge"],
                                   env=environment, stdout=self.log, stderr=self.log)
        self.browser = Browser(shots)
        self.stream = None

    def open(self):
        url = f"http://127.0.0.1:{self.port}/cockpit/@localhost/usbreconcile/index.html"
        self.browser.until("cockpit-ws listens", lambda: not socket.create_connection(("127.0.0.1", self.port), 1).close())
        self.browser.driver.get(url)
        self.stream = open(self.fake / "stream", "w", encoding="utf-8")  # returns when the page has started the program

    def feed(self, document):
        self.stream.write(json.dumps(document) + "\n")
        self.stream.flush()

    def end_stream(self):
        self.stream.close()

    def answer(self, name, out="", err="", code=0):
        for ending, text in (("out", out), ("err", err), ("code", str(code))):
            (self.fake / f"{name}.{ending}").write_text(text)

    def calls(self):
        return [line.split("\x1f") for line in (self.fake / "calls").read_text().splitlines()]

    def called(self, *words):
        self.browser.until(f"the program was asked {words}", lambda: list(words) in self.calls())

    def close(self):
        self.browser.close()
        self.ws.terminate()
        self.ws.wait()
        if self.stream:
            self.stream.close()
        self.log.close()
        shutil.rmtree(self.work)


def rich():
    """A world with something of everything."""
    world = case("replug_detaches_then_attaches")
    world["daemon"] = {"since": 1764280000, "last_pass": 1764280100, "last_trigger": "udev", "connected": True, "passes": {},
                       "actions": 3, "failures": 0, "reconnects": 0, "overflows": 0, "libvirt_calls": 9}
    twin = dict(world["devices"][1], sysname="1-1.6", device=8, serial="ffb1", port="pci-0000:00:14.0-usb-0:1.6")
    world["devices"].append(twin)
    other = json.loads(json.dumps(world["domains"][0]))
    other.update(name="media", uuid="0c9a2f5e-7b1d-4e6a-9c3f-000000000009", running=False)
    other["tags"] = [other["tags"][0]]
    other["tags"][0].update(verdict="disabled", reason="disabled", severity="ok", sentence="the tag says enabled='no'")
    other["tags"][0]["want"]["enabled"] = False
    other["tags"][0]["members"] = []
    world["domains"].append(other)
    world["unmanaged"] = [{"domain": "media", "live": True, "device": "1-2",
                           "hostdev": dict(world["domains"][0]["live"][0], alias="hostdev0")}]
    return world


def dry(changed=True, kind="attach_live", domain="hassio"):
    world = dict(rich(), changed=changed, metadata=[{"domain": domain, "xml": "<usb:device name='x' serial='<evil>'/>"}], outcomes=[])
    world["actions"] = [{"kind": kind, "domain": domain}]
    return json.dumps(world)


def test_shows_what_there_is(stage):
    page = stage.browser
    page.says("Looking at devices")
    stage.feed(rich())
    page.says("What needs you", "hassio / ups", "hassio / zigbee", "media", "wanted by media / zigbee: turned off", "in media, without a tag",
              "2 alike, told apart by serial", "The daemon follows every change")
    page.check("what is critical comes first", page.text(".need").startswith("missing") or "hassio / ups" in page.text(".need"))
    page.inspect("light")
    page.shot("page-light", whole=True)
    page.dark(True)
    page.inspect("dark")
    page.shot("page-dark", whole=True)
    page.dark(False)
    page.size(400)
    page.inspect("400 px")
    page.shot("page-400", whole=True)
    page.size(1280)


def test_is_live(stage):
    page = stage.browser
    page.js("document.querySelector('.tree .device button').focus()")
    focused = page.js("return document.activeElement.getAttribute('aria-label')")
    world = rich()
    world["domains"][0]["tags"][0].update(verdict="missing", reason="not_plugged_in", severity="warning", sentence="it is away now")
    world["devices"] = [world["devices"][0], world["devices"][1], world["devices"][3]]
    stage.feed(world)
    took = page.until("a new document is shown", lambda: "it is away now" in page.text(), 2)
    page.check("at once", took is not None and took < 1, took)
    page.check("focus stays where it was", page.js("return document.activeElement.getAttribute('aria-label')") == focused, focused)
    page.until("what is gone is gone", lambda: "USB Keyboard" not in page.text(".tree"))
    del world["daemon"]
    stage.feed(world)
    page.says("No daemon runs", "Start the daemon")
    stage.feed(rich())
    page.says("The daemon follows every change")


def test_hostile_strings_are_text(stage):
    page = stage.browser
    stage.feed(rich())
    page.says("CP2102N")
    tags = page.js("return new Set([...document.querySelectorAll('*')].map(node => node.nodeName)).size")
    for number, evil in enumerate(HOSTILE):
        world = rich()
        for device in world["devices"][1:]:
            device.update(product=evil, serial=evil, manufacturer=evil)
        for domain in world["domains"]:
            domain["name"] = evil
            for tag in domain["tags"]:
                tag["sentence"] = evil
                tag["want"].update(name=evil, serial=evil, port=evil, matches=[{"property": evil, "value": evil}])
        world["unmanaged"][0]["domain"] = evil
        world["problems"] = [{"code": "usage", "severity": "critical", "domain": evil, "tag": evil, "entry": 0, "line": 0,
                              "message": f"problem {number} {evil}", "hint": evil}]
        stage.feed(world)
        page.says(f"problem {number}")
        page.check("no script ran", "owned" not in page.driver.title)
        made = page.js("return [...document.querySelectorAll('img, script[src=\"\"], main script, main b, iframe')].length")
        page.check("no element was made of it", made == 0, made)
        page.check("nor any new kind of one", page.js(
            "return new Set([...document.querySelectorAll('*')].map(node => node.nodeName)).size") <= tags)
        page.check("no control character is shown", not page.js(
            "return /[\\u0000-\\u0009\\u000b-\\u001f\\u200b\\u202e]/.test(document.body.innerText.replaceAll('\\t', ''))"))
        page.inspect(f"hostile {number}")
        if number == 0:
            page.size(400)
            page.shot("page-hostile-400", whole=True)
            page.inspect("hostile, 400 px")
            page.size(1280)
    world = rich()
    world["domains"][0]["name"] = "-c"
    stage.feed(world)
    page.says("-c / zigbee")
    stage.answer("enable", out="ok\n")
    page.click("Turn on media / zigbee")
    stage.called("enable", "--", "media", "zigbee")
    page.click("Turn off -c / zigbee")
    stage.called("disable", "--", "-c", "zigbee")
    page.click("Close", "#notices button")


def test_gives(stage):
    page = stage.browser
    stage.feed(rich())
    stage.answer("tag.dry", out=dry(), err="usbreconcile: hassio/x: 1-1.6 is known by its ids and serial\n")
    stage.answer("tag", out="hassio/x: attached: host and libvirt agree\n")
    page.click("Give CP2102N USB to UART Bridge Controller at 1-1.6 to a machine")
    page.until("a dialog is open", lambda: page.all("dialog[open]"))
    page.check("focus is in it", page.js("return document.querySelector('dialog').contains(document.activeElement)"))
    stage.called("tag", "-n", "--json", "--", "hassio", "cp2102n-usb-to-uart-bridge-control", "1-1.6")
    page.says("is known by its ids and serial", "hassio gets it now", "What is written", selector="dialog")
    page.inspect("the dialog")
    page.shot("give")
    page.one("dialog summary").click()
    page.says("<evil>", selector="dialog")
    page.all("dialog input[type=radio]")[2].click()
    stage.called("tag", "-n", "--json", "--by", "ids,port", "--", "hassio", "cp2102n-usb-to-uart-bridge-control", "1-1.6")
    name = page.one("dialog input[name=name]")
    name.clear()
    name.send_keys("mine")
    stage.called("tag", "-n", "--json", "--by", "ids,port", "--", "hassio", "mine", "1-1.6")
    page.click("Give", "dialog button")
    stage.called("tag", "--by", "ids,port", "--", "hassio", "mine", "1-1.6")
    page.says("host and libvirt agree", selector="#notices")
    page.until("the dialog is closed", lambda: not page.all("dialog[open]"))


def test_gives_what_another_has(stage):
    page = stage.browser
    contested = json.loads(dry())
    mine = contested["domains"][1]["tags"][0]
    mine["want"]["name"], mine["verdict"] = "cp2102n-usb-to-uart-bridge-control", "contested"
    mine["members"] = [dict(contested["domains"][0]["tags"][0]["members"][0], owner={"domain": "hassio", "tag": "zigbee", "hostdev": None})]
    stage.answer("tag.dry", out=json.dumps(contested))
    stage.answer("enable.dry", out=dry(domain="media"))
    stage.answer("enable", out="media/x: attached\n")
    page.click("Give a device to media")
    page.js("const s = document.querySelector('dialog select[name=device]'); s.value = '1-1.5'; s.dispatchEvent(new Event('input'))")
    stage.called("tag", "-n", "--json", "--", "media", mine["want"]["name"], "1-1.5")
    page.click("Give", "dialog button")
    page.says("hassio has it now. Hand it over to media?", selector="dialog")
    page.shot("hand-over")
    page.click("Hand over", "dialog button")
    stage.called("enable", "--only", "--", "media", mine["want"]["name"])
    stage.answer("tag.dry", out=dry())


def test_says_why_it_cannot(stage):
    page = stage.browser
    stage.answer("tag.dry", code=77, err="usbreconcile: no access to libvirt\n  join the group libvirt\n",
                 out=json.dumps({"problems": []}))
    page.click("Give a device to media")
    page.says("no access to libvirt", "join the group libvirt", selector="dialog")
    page.check("it cannot be pressed", not page.one("dialog footer button").is_enabled())
    before = stage.calls().count(["tag", "-n", "--json", "--", "media", "cp2102n-usb-to-uart-bridge-control", "1-1.5"])
    page.click("Try again", "dialog button")
    page.until("it is tried again", lambda: stage.calls().count(["tag", "-n", "--json", "--", "media", "cp2102n-usb-to-uart-bridge-control", "1-1.5"]) > before)
    page.all("dialog select")[0].send_keys(Keys.ESCAPE)
    page.until("Escape closes it", lambda: not page.all("dialog[open]"))
    page.check("focus is back", page.js("return document.activeElement.getAttribute('aria-label')") == "Give a device to media")
    stage.answer("replug", code=1, err="usbreconcile: it failed <b>badly</b>\n")
    world = rich()
    world["domains"][0]["tags"][0].update(verdict="attached", reason="attached", severity="ok", sentence="host and libvirt agree")
    stage.feed(world)
    page.click("Replug hassio / zigbee")
    page.says("it failed <b>badly</b>", selector="#notices")
    page.inspect("a notice")
    page.click("Close", "#notices button")


def test_asks_before_it_takes(stage):
    page = stage.browser
    stage.feed(rich())
    stage.answer("untag.dry", out=dry(kind="detach_live"))
    stage.answer("untag", out="done\n")
    page.click("Take away hassio / zigbee")
    page.says("it is taken out of hassio now", selector="dialog")
    page.shot("take-away")
    page.click("Take away", "dialog button")
    stage.called("untag", "--", "hassio", "zigbee")
    page.says("done", selector="#notices")
    stage.answer("enable.dry", out=dry(), err="usbreconcile: disabling hassio/zigbee, which wants what media/zigbee wants\n")
    page.click("Turn on media / zigbee only")
    page.says("disabling hassio/zigbee", selector="dialog")
    page.click("Only here", "dialog button")
    stage.called("enable", "--only", "--", "media", "zigbee")
    stage.answer("adopt.dry", out=dry(domain="media"))
    box = page.one("main input[type=checkbox]")
    page.check("what is plugged in is chosen", box.is_selected())
    box.click()
    page.click("Adopt what media has")
    page.says("Choose a device first", selector="#notices")
    box.click()
    page.click("Adopt what media has")
    stage.called("adopt", "-n", "--json", "--device", "1-2", "--", "media")
    page.click("Adopt", "dialog button")
    stage.called("adopt", "--device", "1-2", "--", "media")


def test_tells_the_long_answer(stage):
    page = stage.browser
    stage.answer("status", out="hassio/ups: missing\n  because <i>it</i> is\n", code=1)
    page.click("Why is hassio / ups so?", ".need button")
    page.says("because <i>it</i> is", selector="dialog pre")
    page.inspect("the long answer")
    page.shot("why")
    page.one("body").send_keys(Keys.ESCAPE)


def test_works_with_the_keyboard(stage):
    page = stage.browser
    stage.feed(rich())
    page.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = {name: False for name in ("Why is hassio / ups so?", "Give a device to hassio", "Adopt what media has")}
    body = page.one("body")
    body.click()
    for _ in range(60):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        label = page.js("return document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
        if label in wanted:
            wanted[label] = True
            page.check(f"{label}: focus is seen", page.js("return getComputedStyle(document.activeElement).outlineStyle") != "none")
    page.check("everything is reached with Tab", all(wanted.values()), wanted)


def test_survives_the_end_of_the_stream(stage):
    page = stage.browser
    stage.end_stream()
    page.says("This is no longer live")
    page.shot("not-live")
    stage.stream = open(stage.fake / "stream", "w", encoding="utf-8")  # it has started the program anew
    stage.feed(rich())
    page.until("and is live again", lambda: "no longer live" not in page.text())
    stage.feed({"problems": [{"code": "no_access", "severity": "critical", "message": "no access to libvirt", "hint": "join the group"}]})
    page.says("no access to libvirt", "join the group", "Try again")
    stage.feed(rich())
    page.until("a document ends that", lambda: "no access" not in page.text())


def main(arguments):
    shots = pathlib.Path(arguments[0]) if arguments else None
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    stage = Stage(shots)
    try:
        stage.open()
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                start = time.monotonic()
                test(stage)
                print(f"{name} {time.monotonic() - start:.1f} s", flush=True)
        complaints = stage.browser.complaints()
        stage.browser.check("the browser has nothing to complain about", not complaints, complaints)
        print(f"{stage.browser.checks} checks, {len(stage.browser.failures)} failed")
        return len(stage.browser.failures) > 0
    finally:
        stage.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
