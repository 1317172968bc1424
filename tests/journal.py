#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the daemon and `run` tell the journal: fields, one line a change, silence when nothing changes.

    tests/journal.py USBRECONCILE

Needs root or user namespaces: it gets a /run of its own, with a journal that is this test.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOG = ROOT / "rules" / "usbreconcile.catalog"
DOMAIN = """<node><domain type='test'><name>hassio</name><memory>65536</memory><os><type>hvm</type></os>
<metadata><usb:devices xmlns:usb='urn:usbreconcile:domain:1.0'>
<usb:device name='ups' serial='no-such-device' required='yes'/></usb:devices></metadata>
<devices><controller type='usb' model='qemu-xhci'/><hostdev mode='subsystem' type='usb'><source>
<vendor id='0x10c4'/><product id='0xea60'/><address bus='1' device='125'/></source>
<alias name='ua-usbr-ups'/></hostdev></devices></domain></node>"""

failures = 0


def check(what, good, more=""):
    global failures
    if not good:
        failures += 1
        print(f"FAILED: {what} {more}")


def ids():
    """The MESSAGE_IDs of the code and of the catalog, by event."""
    code = dict(re.findall(r'\[(LOG_\w+)\] = \{"([0-9a-f]{32})"', (ROOT / "reconciler/show/log.c").read_text()))
    return code, re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.M)


def check_catalog(code, catalog):
    check("every message is in the catalog once", sorted(code.values()) == sorted(catalog))
    fields = set(re.findall(r"@(\w+)@", CATALOG.read_text()))
    known = set(re.findall(r'add_(?:field|number)\(fields, "(\w+)"', (ROOT / "reconciler/show/log.c").read_text()))
    check("the catalog names fields that there are", fields <= known, fields - known)
    if not shutil.which("journalctl"):
        return
    with tempfile.TemporaryDirectory() as root:
        place = pathlib.Path(root, "usr/lib/systemd/catalog")
        place.mkdir(parents=True)
        pathlib.Path(root, "var/lib/systemd/catalog").mkdir(parents=True)
        shutil.copy(CATALOG, place)
        updated = subprocess.run(["journalctl", f"--root={root}", "--update-catalog"],
                                 capture_output=True, text=True, check=False)
        check("journalctl takes the catalog", updated.returncode == 0, updated.stderr)
        listed = subprocess.run(["journalctl", f"--root={root}", "--list-catalog"],
                                capture_output=True, text=True, check=False)
        for each in code.values():
            check("journalctl has the message", each in listed.stdout, each)


def parse(datagram):
    """The native protocol: NAME=value lines; nothing of ours needs the binary form."""
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


class Journal:
    def __init__(self):
        os.makedirs("/run/systemd/journal")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/run/systemd/journal/socket")
        self.entries = []

    def read(self, seconds):
        """The next entry, or None when none comes in time."""
        self.socket.settimeout(seconds)
        try:
            self.entries.append(parse(self.socket.recv(65536)))
        except TimeoutError:
            return None
        return self.entries[-1]

    def wait_for(self, seconds, **fields):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            entry = self.read(left)
            if entry and fields.items() <= entry.items():
                return entry
        return None


def start(program, *arguments):
    """With stdout and stderr as systemd would give them: a stream of the journal's."""
    readable, writable = os.pipe()
    stat = os.fstat(writable)
    environment = {**os.environ, "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}",
                   "LIBVIRT_DEFAULT_URI": sys.argv[2]}
    process = subprocess.Popen([program, *arguments], stdout=writable, stderr=writable, env=environment)
    os.close(writable)
    return process, readable


def rest_of(readable):
    """What was written to the stream in spite of the journal."""
    with os.fdopen(readable, "rb") as stream:
        return stream.read().decode()


def check_change(entry, code):
    expected = {
        "MESSAGE_ID": code["LOG_CHANGE_FAILED"], "PRIORITY": "3", "LIBVIRT_DOMAIN": "hassio",
        "USBRECONCILE_TAG": "ups", "USBRECONCILE_ALIAS": "ua-usbr-ups",
        "USBRECONCILE_OUTCOME": "failed", "USBRECONCILE_REASON": "device_gone",
        "SYSLOG_IDENTIFIER": "usbreconcile",
    }
    for name, value in expected.items():
        check(f"a change has {name}", entry and entry.get(name) == value, entry and entry.get(name))
    for name in ("LIBVIRT_DOMAIN_UUID", "USBRECONCILE_ACTION", "USBRECONCILE_ERROR", "MESSAGE"):
        check(f"a change has {name}", entry and entry.get(name), entry)
    check("nothing says where our sources are", entry and "CODE_FILE" not in entry)


def check_daemon(program, journal, code):
    daemon, stream = start(program, "daemon")
    check("it says that it is connected", journal.wait_for(10, MESSAGE_ID=code["LOG_CONNECTED"]))
    critical = journal.wait_for(10, MESSAGE_ID=code["LOG_TAG_CRITICAL"])
    check("it says what is critical", critical and critical.get("USBRECONCILE_VERDICT") == "missing"
          and critical.get("USBRECONCILE_TAG") == "ups", critical)
    change = journal.wait_for(10, MESSAGE_ID=code["LOG_CHANGE_FAILED"])
    check_change(change, code)
    check("a change has its pass", change and int(change.get("USBRECONCILE_PASS", 0)) > 0)
    daemon.send_signal(signal.SIGTERM)
    check("it ends", daemon.wait(20) == 0)
    said = sum(entry["MESSAGE_ID"] == code["LOG_TAG_CRITICAL"] for entry in journal.entries)
    check("a verdict is told once", said == 1, said)
    check("nothing is written beside the journal", rest_of(stream) == "")


def check_silence(program, journal):
    while journal.read(0.05):
        pass
    run, stream = start(program, "run", "--domain", "plain")
    check("a run with nothing to do is well", run.wait(30) == 0)
    check("and says nothing", rest_of(stream) == "" and journal.read(0.2) is None, journal.entries[-1:])


def in_own_run():
    """Everything again, where /run is ours."""
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    inner = [sys.executable, os.path.abspath(__file__), sys.argv[1], "inner"]
    script = "mount -t tmpfs none /run && exec \"$@\""
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
        print("skipped: no mount namespaces here")
        return 0
    return subprocess.run([*alone, "sh", "-c", script, "sh", *inner], check=False).returncode


def main():
    code, catalog = ids()
    if len(sys.argv) == 2:
        check_catalog(code, catalog)
        return in_own_run() or failures > 0
    with tempfile.TemporaryDirectory() as work:
        world = pathlib.Path(work, "world.xml")
        world.write_text(DOMAIN.replace("</node>", "<domain type='test'><name>plain</name><memory>65536"
                                        "</memory><os><type>hvm</type></os></domain></node>"))
        sys.argv[2] = f"test://{world}"
        journal = Journal()
        check_daemon(sys.argv[1], journal, code)
        check_silence(sys.argv[1], journal)
        run, stream = start(sys.argv[1], "run")
        check_change(journal.wait_for(20, MESSAGE_ID=code["LOG_CHANGE_FAILED"]), code)
        check("a failed run is told", run.wait(60) == 1)
        check("it writes nothing beside the journal", rest_of(stream) == "")
    return failures > 0


sys.exit(main())
