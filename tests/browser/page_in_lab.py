#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page in a browser against a real Cockpit, libvirtd, udev and guests: the scenario page_in_a_browser of the VM lab.

    page_in_lab.py PORT LAB-COMMAND... -- DIRECTORY-FOR-SCREENSHOTS
"""
import pathlib
import subprocess
import sys
import time

from browser import Browser

Browser.until.__defaults__ = (180,)  # an emulator with one processor
Browser.says.__kwdefaults__ = {"within": 180, "selector": "main"}
EVIL = "<img/src=x/onerror=alert(1)>"


class Console:
    """One person at one browser: logs in, and is then in our page's frame."""

    def __init__(self, port, user, shots):
        self.page = Browser(shots)
        self.page.driver.get(f"http://127.0.0.1:{port}/usbreconcile")
        self.page.until("Cockpit asks who it is", lambda: self.page.one("#login-user-input").is_displayed())
        self.page.one("#login-user-input").send_keys(user)
        self.page.one("#login-password-input").send_keys("lab-password")
        self.page.one("#login-button").click()
        self.enter()

    def enter(self):
        self.page.driver.switch_to.default_content()
        self.page.until("the page is in its frame", self.switch, 300)
        self.page.says("Devices of this host", within=180)

    def switch(self):
        frames = self.page.all("iframe[name*='usbreconcile']")
        if not frames:
            return False
        self.page.driver.switch_to.frame(frames[0])
        return True

    def whole(self, name):
        """The console around it, too."""
        self.page.driver.switch_to.default_content()
        self.page.shot(name)
        self.switch()


def in_lab(lab, *words):
    done = subprocess.run([*lab, *words], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        print(f"FAILED: lab {words}: {done.stderr}", flush=True)
        sys.exit(1)
    return done.stdout


def give(page, place, guest):
    page.click(f"Give QEMU USB SERIAL at {place} to a machine")
    page.until("a dialog is open", lambda: page.all("dialog[open]"))
    page.js("const s = document.querySelector('dialog select[name=domain]'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))", guest)
    page.until("the dry run is over", lambda: page.one("dialog footer button").is_enabled())
    page.inspect("the dialog")


def test_gives_the_second_of_two_twins(page, lab):
    page.says("The daemon follows every change", "Nothing: every tag is as it should be", "g1", "g2")
    in_lab(lab, "plug", "one", "serial=AAA", "port=1")
    in_lab(lab, "plug", "two", "serial=BBB", "port=2")
    in_lab(lab, "do", "wait_host_device", "BBB")
    page.says("2 alike, told apart by serial", "AAA", "BBB", within=10)
    give(page, "1-2", "g1")
    page.says("by its serial", "g1 gets it now", selector="dialog")
    page.shot("lab-give")
    page.click("Give", "dialog button")
    page.says("attached: ", selector="#notices")
    in_lab(lab, "do", "guest_sees_exactly", "g1", "0403:6001/BBB")
    page.says("in g1 / qemu-usb-serial")


def test_follows_a_replug(page, lab):
    in_lab(lab, "unplug", "two")
    in_lab(lab, "do", "wait_host_gone", "BBB")
    took = page.until("it is missing", lambda: "missing" in page.text(".need"))
    page.check("within 2 s", took is not None and took < 2, took)
    print(f"missing on the page {took:.2f} s after udev was done")
    page.shot("lab-missing")
    in_lab(lab, "plug", "two", "serial=BBB", "port=5")
    in_lab(lab, "do", "wait_host_device", "BBB")
    page.until("it is attached again", lambda: "attached" in page.text(".guest") and not page.all(".need"))
    in_lab(lab, "do", "guest_sees_exactly", "g1", "0403:6001/BBB")


def confirm(page, label):
    page.until("the dry run is over", lambda: page.one("dialog footer button").is_enabled())
    page.click(label, "dialog button")
    page.until("the dialog is closed", lambda: not page.all("dialog[open]"))


def test_hands_it_over(page, lab):
    give(page, "1-5", "g2")
    page.says("contested", selector="dialog")
    page.click("Give", "dialog button")
    page.says("g1 has it now. Hand it over to g2?", "disabling g1/qemu-usb-serial", selector="dialog")
    page.shot("lab-hand-over")
    confirm(page, "Hand over")
    in_lab(lab, "do", "guest_sees_exactly", "g2", "0403:6001/BBB")
    in_lab(lab, "do", "guest_sees_exactly", "g1")
    page.click("Turn on g1 / qemu-usb-serial only")
    confirm(page, "Only here")
    in_lab(lab, "do", "guest_sees_exactly", "g1", "0403:6001/BBB")
    page.click("Turn off g1 / qemu-usb-serial")
    in_lab(lab, "do", "guest_sees_exactly", "g1")


def test_adopts(page, lab):
    in_lab(lab, "do", "attach", "g1", "ua-by-hand", "AAA")
    page.says("Passed through without a tag", "in g1, without a tag")
    page.click("Adopt what g1 has")
    confirm(page, "Adopt")
    page.until("it has a tag", lambda: "without a tag" not in page.text())
    in_lab(lab, "do", "expect_verdict", "g1", "qemu-usb-serial-2", "attached/adopted")


def test_says_why_one_is_critical(page, lab):
    in_lab(lab, "plug", "evil", f"serial={EVIL}", "port=7")
    page.says(EVIL)
    page.check("no element is made of it", page.js("return document.querySelectorAll('img').length") == 0)
    in_lab(lab, "do", "host_sh", "virsh --quiet metadata g2 urn:usbreconcile:domain:1.0 --key usb --config --live --set "
           "\"<devices><device name='ups' vendor='051d' product='0002' required='yes'/>"
           "<device name='serial' vendor='0403' product='6001'/></devices>\"")
    page.says("no USB device 051d:0002 is plugged in", "ambiguous")
    page.click("Why is g2 / ups so?")
    page.says("g2/ups: missing!", selector="dialog pre")
    page.click("Close", "dialog button")
    page.says("g2/ups is missing", selector=".journal")


def looks(console):
    page = console.page
    page.inspect("light")
    console.whole("lab-console-light")
    page.shot("lab-page-light", whole=True)
    page.driver.switch_to.default_content()
    page.js("localStorage.setItem('shell:style', 'dark'); window.dispatchEvent(new CustomEvent('cockpit-style', {detail: {style: 'dark'}}))")
    page.driver.refresh()
    console.enter()
    page.until("it is dark", lambda: page.js("return document.documentElement.classList.contains('dark')"))
    page.says("ups")
    page.inspect("dark")
    console.whole("lab-console-dark")
    page.size(400)
    page.inspect("400 px")
    console.whole("lab-console-400")


def test_stranger(port, shots):
    console = Console(port, "plain", shots)
    page = console.page
    page.says("You may look, but not change anything", "AAA", "The journal is for administrators")
    page.click("Turn on g1 / qemu-usb-serial")
    page.says("no access to libvirt", "join the group libvirt", selector="#notices")
    console.whole("lab-stranger")
    return page


def main(arguments):
    port, middle = arguments[0], arguments.index("--")
    lab, shots = arguments[1:middle], pathlib.Path(arguments[middle + 1])
    shots.mkdir(parents=True, exist_ok=True)
    console = Console(port, "member", shots)
    pages = [console.page]
    for name, test in list(globals().items()):
        if name.startswith("test_") and name != "test_stranger":
            start = time.monotonic()
            test(console.page, lab)
            print(f"{name} {time.monotonic() - start:.1f} s", flush=True)
    looks(console)
    pages.append(test_stranger(port, shots))
    failures = [failure for page in pages for failure in page.failures]
    complaints = [each for page in pages for each in page.complaints() if "usbreconcile/" in each]
    for each in complaints:
        print("FAILED: the browser complains:", each)
    for page in pages:
        page.close()
    print(f"{sum(page.checks for page in pages)} checks, {len(failures) + len(complaints)} failed")
    return bool(failures or complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
