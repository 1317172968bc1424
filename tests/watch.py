#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`status --watch` with and without a daemon, on a fake host and libvirt's test driver.

    tests/watch.py USBRECONCILE MOCK_HOST
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
SOCKET = "/run/usbreconcile/watch"
PATIENCE = 60
WATCHERS = 100
STICK = "plug 1-2 0403:6001 {} AAA pci-0000:00:14.0-usb-0:2"

failures = checks = 0


def check(what, good, detail=""):
    global failures, checks
    checks += 1
    if not good:
        failures += 1
        print(f"FAILED: {what} {detail}", flush=True)
    return good


def until(what, condition, seconds=PATIENCE):
    """Waits until it is true; returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, LookupError):
            if value := condition():
                return check(what, True) and value
        time.sleep(0.01)
    check(what, False, f"(not within {seconds} s)")
    return None


class Host:
    """A program on a fake host, which changes as it is told (mock_host.c)."""

    def __init__(self, mock_host, work, *command, stdout=None):
        self.err = work / "err"
        self.log = open(self.err, "ab")
        self.process = subprocess.Popen(["umockdev-wrapper", mock_host, *map(str, command)], stdin=subprocess.PIPE,
                                        stdout=stdout or subprocess.DEVNULL, stderr=self.log, cwd=work)
        self.tell("listening")

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end(self, number=signal.SIGTERM):
        if number:
            self.tell(f"signal {int(number)}")
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.log.close()
        return code


class Reader:
    """Lines of a pipe, as they come."""

    def __init__(self, fd):
        self.fd, self.rest, self.lines, self.ended = fd, b"", [], False
        os.set_blocking(fd, False)

    def more(self):
        with contextlib.suppress(BlockingIOError):
            while not self.ended:
                data = os.read(self.fd, 1 << 20)
                self.ended = not data
                *whole, self.rest = (self.rest + data).split(b"\n")
                self.lines += [line.decode() for line in whole]
        return self.lines

    def documents(self):
        return [json.loads(line) for line in self.more()]


def has_stick(document):
    return any(device["sysname"] == "1-2" for device in document.get("devices", []))


def connect():
    watcher = socket.socket(socket.AF_UNIX)
    watcher.connect(SOCKET)
    return watcher


def start_daemon(program, mock_host, work):
    daemon = Host(mock_host, work, program, "daemon")
    until("the daemon is there", lambda: connect().close() is None)
    return daemon


def watch(program, *arguments, err=None):
    read, write = os.pipe()
    process = subprocess.Popen([program, "status", "--watch", *arguments], stdout=write, stderr=err or subprocess.DEVNULL)
    os.close(write)
    return process, Reader(read)


def test_alone(program, mock_host, work):
    read, write = os.pipe()
    host = Host(mock_host, work, program, "status", "--watch", "--json", stdout=write)
    os.close(write)
    reader = Reader(read)
    until("it begins with the whole document", lambda: reader.documents() and not has_stick(reader.documents()[-1]))
    host.tell(STICK.format(7))
    until("what is plugged in is told", lambda: has_stick(reader.documents()[-1]))
    host.tell("unplug 1-2")
    host.tell("touch usb1")
    until("and what is pulled out", lambda: not has_stick(reader.documents()[-1]))
    count = len(reader.more())
    host.tell("touch usb1")
    host.tell("pause 0.3")
    host.tell(STICK.format(8))
    until("another one", lambda: has_stick(reader.documents()[-1]))
    check("what changes nothing is not told", len(reader.lines) == count + 1, len(reader.lines) - count)
    check("there is no daemon in it", "daemon" not in reader.documents()[-1])
    files = [work / f"line{number}.json" for number in range(len(reader.lines))]
    for file, line in zip(files, reader.lines):
        file.write_text(line)
    checked = subprocess.run([sys.executable, HERE / "schema.py", "--check", *files], capture_output=True, text=True, check=False)
    check("every line is as the schema says", checked.returncode == 0, checked.stdout)
    os.close(read)
    check("it ends with its reader", host.end(None) == 0)


def test_fed(program, mock_host, work):
    daemon = start_daemon(program, mock_host, work)
    errors = open(work / "told", "wb+")
    process, reader = watch(program, "--json", err=errors)
    lines_process, lines = watch(program)
    one_process, one = watch(program, "test")
    until("the daemon's document", lambda: "daemon" in reader.documents()[-1])
    crowd = [Reader(connect().detach()) for _ in range(WATCHERS - 3)]
    stuck = connect()
    until("all have the document", lambda: all(each.more() for each in crowd))
    start = time.monotonic()
    daemon.tell(STICK.format(7))
    until("the stick is told", lambda: has_stick(reader.documents()[-1]))
    took = time.monotonic() - start
    check("at once", took < 2, took)
    print(f"on the watcher's pipe {took * 1000:.0f} ms after it was plugged in")
    until("to all", lambda: all(has_stick(each.documents()[-1]) for each in crowd))
    check("with the same words", len({each.lines[-1] for each in crowd}) == 1)
    until("in a line for people", lambda: any("device 1-2: plugged in: 0403:6001 serial AAA" in line for line in lines.more()))
    check("not to who asked for a domain", not any("1-2" in line for line in one.more()))
    for each in crowd:
        os.close(each.fd)
    code = subprocess.run([program, "status", "--watch", "nobody"], capture_output=True, text=True, check=False)
    check("a misspelt domain ends it", code.returncode == 64 and "there is no domain" in code.stderr, code)
    # More than a socket holds: a document of many devices, changed some times.
    for number in range(100, 180):
        daemon.tell(f"plug 1-{number} 0403:6001 {number} {number} pci-0000:00:14.0-usb-0:{number}")
    for number in range(10, 20):
        daemon.tell("unplug 1-2")
        daemon.tell("touch usb1")
        daemon.tell("pause 0.2")
        daemon.tell(STICK.format(number))
    until("the others hear the end of it", lambda: any(d["device"] == 19 for d in reader.documents()[-1]["devices"]))
    gone = select.poll()
    gone.register(stuck, 0)
    until("who takes nothing is dropped", lambda: gone.poll(0))
    check("the daemon goes away in good order", daemon.end() == 0)
    until("that is said", lambda: b"the daemon has gone" in (work / "told").read_bytes())
    until("watching goes on", lambda: "daemon" not in reader.documents()[-1])
    daemon = start_daemon(program, mock_host, work)
    until("it is back", lambda: "daemon" in reader.documents()[-1])
    until("that is said too", lambda: b"the daemon is back" in (work / "told").read_bytes())
    for each in (reader, lines, one):
        os.close(each.fd)
    for each in (process, lines_process, one_process):
        check("it ends with its reader, though nothing happens", each.wait(PATIENCE) == 0)
    stuck.close()
    daemon.end()


def test_terminal(program, mock_host, work):
    daemon = start_daemon(program, mock_host, work)
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen([program, "status", "--watch"], stdout=child, stderr=child, stdin=child,
                               env=dict(environment, TERM="xterm"), start_new_session=True)
    said = b""

    def read():
        nonlocal said
        while select.select([parent], [], [], 0)[0]:
            said += os.read(parent, 65536)
        return said
    until("the screen is drawn", lambda: b"told by the daemon" in read() and b"\x1b[J" in said)
    check("from its corner", said.startswith(b"\x1b[H"), said[:40])
    said = b""
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 40, 0, 0))
    process.send_signal(signal.SIGWINCH)
    until("a resize draws it again", lambda: b"\x1b[J" in read())
    check("and no line too many", all(frame.count(b"\n") < 5 for frame in said.split(b"\x1b[H")), said)
    said = b""
    daemon.tell(STICK.format(7))
    until("so does a change", lambda: b"\x1b[H" in read())
    process.send_signal(signal.SIGINT)
    check("Ctrl-C ends it", process.wait(PATIENCE) == -signal.SIGINT)
    os.close(parent)
    os.close(child)
    daemon.end()


def test_colours(program, mock_host, work):
    (work / "node.xml").write_text("<node><domain type='test'><name>vm</name><memory>65536</memory><os><type>hvm</type></os><metadata>"
                                   "<usb:devices xmlns:usb='urn:usbreconcile:domain:1.0'><usb:device name='x' vendor='0403' product='6001'/>"
                                   "</usb:devices></metadata></domain></node>")
    plain = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    for more in ({}, {"NO_COLOR": "1"}):
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen(["umockdev-wrapper", mock_host, program, "-c", f"test://{work}/node.xml", "status", "--watch"],
                                   stdin=subprocess.PIPE, stdout=child, stderr=child, env={**plain, "TERM": "xterm", **more})
        said = b""

        def read():
            nonlocal said
            while select.select([parent], [], [], 0)[0]:
                said += os.read(parent, 65536)
            return said
        until("what is missing is drawn", lambda: b"missing" in read() and b"\x1b[J" in said)
        check("in a colour, unless NO_COLOR asks for none", (re.search(rb"\x1b\[[0-9;]*m", said) is None) == bool(more), said)
        process.stdin.write(b"signal 2\n")
        process.stdin.close()
        process.wait(PATIENCE)
        os.close(parent)
        os.close(child)


def main(program, mock_host):
    if os.environ.get("ALONE") != "yes":
        alone = ["unshare", "--map-root-user", "--mount", "--net"]
        if subprocess.run([*alone, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
            print("SKIPPED: no user namespaces here, and /run must be ours")
            return 77
        os.environ["ALONE"] = "yes"
        os.execvp("unshare", [*alone, "bash", "-c", "mount -t tmpfs none /run && mkdir /run/usbreconcile && "
                              "echo 4096 >/proc/sys/net/unix/max_dgram_qlen; exec \"$@\"", "bash",
                              sys.executable, __file__, program, mock_host])
    os.environ.update(LC_ALL="C.UTF-8", LIBVIRT_DEFAULT_URI="test:///default")
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            work = pathlib.Path(tempfile.mkdtemp())
            start = time.monotonic()
            test(os.path.realpath(program), os.path.realpath(mock_host), work)
            print(f"{name} {time.monotonic() - start:.1f} s", flush=True)
            if failures:
                print((work / "err").read_text())
            shutil.rmtree(work)
    print(f"{checks} checks, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
