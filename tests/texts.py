#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is written about the program is so, and nothing of it is left out: manuals and README, both ways.

    tests/texts.py USBRECONCILE BUILD-DIRECTORY
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

from schema import ROOT, SCHEMA, names_in_code

MAN = ROOT / "rules" / "man"

failures = 0


def same(what, code, text):
    """Are these the same sets?"""
    global failures
    for each in sorted(set(code) - set(text)):
        print(f"FAILED: {what}: {each} is not described")
        failures += 1
    for each in sorted(set(text) - set(code)):
        print(f"FAILED: {what}: {each} is described, and there is none")
        failures += 1
    if not code or not text:
        print(f"FAILED: {what}: nothing was found to compare")
        failures += 1


def sections(text, mark):
    """{title: body} of the headings of one level."""
    parts = re.split(rf"^{mark} (.+)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def terms(body):
    """What a list defines: *a*, *b* on a line, followed by an indented one."""
    found = []
    for line in re.findall(r"^(\*.+)\n\t", body, re.M):
        found += re.findall(r"\*([^*]+)\*", line)
    return found


def help_of(program, *command):
    return subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True).stdout


def options_in_help(text):
    options = text.split("Options:\n", 1)[1]
    found = set()
    for line in options.splitlines():
        found |= set(re.findall(r"(?:^|\s)(-\w|--[\w-]+)(?=[,=\s]|$)", line[:24]))
    return found


def check_commands(program, manual):
    described = sections(sections(manual, "#")["COMMANDS"], "##")
    text = help_of(program)
    commands = re.findall(r"^  ([\w-]+) ", text.split("Commands:\n", 1)[1].split("\n\n", 1)[0], re.M)
    same("commands", commands, described)
    everywhere = options_in_help(text)
    same("options of all commands", everywhere,
         [term for term in terms(sections(manual, "#")["OPTIONS"]) if term.startswith("-")])
    for command in commands:
        own = options_in_help(help_of(program, command)) - everywhere
        written = {term for term in terms(described[command]) if term.startswith("-")}
        if own | written:
            same(f"options of {command}", own, written)
        if command not in described[command]:
            same(f"synopsis of {command}", [command], [])


def check_metadata(manual):
    parts = sections(manual, "#")
    source = (ROOT / "xmlutil/attribute.c").read_text()
    same("attributes", re.findall(r'^\t\{"(\w+)", (?:true|false)', source, re.M), terms(parts["ATTRIBUTES"]))
    elements = (ROOT / "xmlutil/entry.c").read_text()
    of_elements = [f"{name} " + " ".join(re.findall(r'"(\w+)"', names)) for name, names in
                   re.findall(r"\*const (\w+)_attributes\[\] = \{(.*?), NULL", elements)]
    same("elements", of_elements, [term.strip("<>") for term in terms(parts["ELEMENTS"])])
    same("verdicts", names_in_code("VERDICT"), terms(parts["VERDICTS"]))
    same("reasons", names_in_code("REASON"), terms(parts["REASONS"]))


def keys_of(schema):
    found = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for value in schema.values():
            found |= keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= keys_of(value)
    return found


def check_json(manual):
    parts = sections(manual, "#")
    same("problem codes", names_in_code("PROBLEM"), terms(parts["PROBLEM CODES"]))
    schema = json.loads(SCHEMA.read_text())
    written = set()
    for name in ("EVERY DOCUMENT", "STATUS", "RUN", "CHANGES", "DEVICES"):
        written |= set(terms(parts[name]))
    documents = set()
    for name in ("envelope", "world", "run", "edit", "devices"):
        documents |= set(schema["$defs"][name].get("properties", {}))
    same("keys of the documents", documents, written)
    keys = keys_of(schema)
    for each in re.findall(r"\*([a-z_]+)\*", "".join(parts[n] for n in ("STATUS", "RUN", "CHANGES", "DEVICES"))):
        if each not in keys:
            same("keys that the manual mentions", keys, keys | {each})


def check_log(manual):
    source = (ROOT / "reconciler/show/log.c").read_text()
    code = set(re.findall(r'add_(?:field|number)\(fields, "(\w+)"', source)) - {"MESSAGE", "MESSAGE_ID", "PRIORITY"}
    same("fields of the journal", code, re.findall(r"\b(?:LIBVIRT|USBRECONCILE)_[A-Z_]+\b",
                                                   sections(manual, "#")["LOGS"].split("```")[0]))


def check_readme(manual):
    readme = (ROOT / "README.md").read_text()
    table = sections(readme, "##")["Verdicts"]
    same("verdicts in the README", names_in_code("VERDICT"), re.findall(r"^\| `(\w+)`", table, re.M))
    # What only changes have is in the manual.
    only_actions = {"tag_gone", "host_stopping"}
    rows = "".join(re.findall(r"^\| `\w+` \|([^|]*)\|", table, re.M))
    same("reasons in the README", set(names_in_code("REASON")) - only_actions, re.findall(r"`(\w+)`", rows))
    same("exit codes in the README", re.findall(r"^\| (\d+) \|", readme, re.M),
         terms(sections(manual, "#")["EXIT STATUS"]))
    for path in set(re.findall(r"`((?:rules|state|tests|reconciler|xmlutil)/[\w./-]+\.\w+)`", readme)):
        if "NAME" not in path and not (ROOT / path).exists():
            same("files that the README names", ["a"], ["a", path])


def check_tidying(build):
    """Whichever scdoc made them, the manuals are the same: it says .P or .PP, as its version is."""
    raw = [path.read_text() for path in sorted(pathlib.Path(build).glob("usbreconcile*.raw"))]
    for text in raw:
        made = {subprocess.run(["awk", "-f", MAN / "tidy.awk"], input=re.sub(r"^\.PP?$", macro, text, flags=re.M),
                               capture_output=True, text=True, check=True).stdout for macro in (".P", ".PP")}
        same("manuals by another scdoc", ["one"], ["one"] if len(made) == 1 else ["several"])


def check_lint(build):
    """The manuals as they are installed."""
    global failures
    pages = sorted(pathlib.Path(build).glob("usbreconcile*.[578]"))
    if not pages or not shutil.which("mandoc"):
        print("skipped: mandoc -T lint")
        return
    for page in pages:
        said = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True, check=False)
        if said.stdout:
            print(f"FAILED: {said.stdout}")
            failures += 1


def main(program, build):
    manual = (MAN / "usbreconcile.8.scd").read_text()
    check_commands(program, manual)
    check_metadata((MAN / "usbreconcile-metadata.7.scd").read_text())
    check_json((MAN / "usbreconcile-status.5.scd").read_text())
    check_log(manual)
    check_readme(manual)
    check_tidying(build)
    check_lint(build)
    if failures == 0:
        print("manuals, README and program agree")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
