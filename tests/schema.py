#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Are all JSON documents as rules/usbreconcile.schema.json says, and does that say what the code does?

    tests/schema.py USBRECONCILE            the golden cases, the fuzz corpus, mutations of both; enums
    tests/schema.py --check FILE...         documents that a program has printed

The schema is open, so that readers survive what later minor versions add. Here it is closed: what
we print and it does not describe is an error.
"""
import json
import pathlib
import random
import re
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "rules" / "usbreconcile.schema.json"
MUTATIONS = 200
# C's prefix of the names -> the definition that lists them.
ENUMS = {
    "VERDICT": "verdict",
    "REASON": "reason",
    "SEVERITY": "severity",
    "PROBLEM": "problem_code",
    "ACTION": "action_kind",
    "OUTCOME": "outcome_kind",
    "METADATA": "metadata_state",
    "TAG_PERSIST": "persist",
    "GUEST_RESET": "guest_reset",
    "TRIGGER": "trigger",
}


# The schema is of 2020-12. jsonschema 3 (Debian 11) knows an older draft, and overlooks what came later: undescribed
# keys are not found there.
VALIDATOR = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)
COMPLETE = VALIDATOR is not jsonschema.Draft7Validator


def place_of(error):
    return "$" + "".join(f"[{part!r}]" for part in error.absolute_path)


def names_in_code(prefix):
    """What thing_name() gives: [PREFIX_X] = "x" in state/."""
    found = []
    for source in sorted((ROOT / "state").glob("*.c")):
        found += re.findall(rf'\[{prefix}_[A-Z_]+\]\s*=\s*{{?"(\w+)"', source.read_text())
    return found


def parts(schema):
    """The definitions that others include: those must stay open, their users are closed."""
    found = set()
    if isinstance(schema, dict):
        for each in schema.get("allOf", []):
            found.add(each.get("$ref"))
        for value in schema.values():
            found |= parts(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= parts(value)
    return found


def close(schema, open_parts, place="#"):
    """Forbids everything that is not described."""
    if isinstance(schema, list):
        for index, value in enumerate(schema):
            close(value, open_parts, f"{place}/{index}")
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        close(value, open_parts, f"{place}/{key}")
    described = "properties" in schema or "allOf" in schema
    if schema.get("type") == "object" and described and place not in open_parts:
        schema["unevaluatedProperties"] = False


def load():
    schema = json.loads(SCHEMA.read_text())
    VALIDATOR.check_schema(schema)
    del schema["$id"]
    close(schema, parts(schema))
    return schema


def kind_of(document):
    if "actions" in document:
        return "edit" if "changed" in document else "run"
    if "domains" in document:
        return "status"
    return "devices" if "devices" in document else "problems"


class Checker:
    def __init__(self):
        self.schema = load()
        self.failures = 0
        self.documents = 0

    def fail(self, message):
        print("FAILED:", message)
        self.failures += 1

    def check(self, text, what):
        self.documents += 1
        try:
            document = json.loads(text)
        except ValueError as error:
            self.fail(f"{what}: no JSON: {error}")
            return
        schema = {"$ref": f"#/$defs/{kind_of(document)}", "$defs": self.schema["$defs"]}
        errors = list(VALIDATOR(schema).iter_errors(document))
        # What fails inside a definition makes everything around it unevaluated: noise.
        errors.sort(key=lambda error: error.validator == "unevaluatedProperties")
        if errors:
            error = jsonschema.exceptions.best_match(errors[:1])
            self.fail(f"{what}: {place_of(error)}: {error.message[:300]}")

    def check_enums(self):
        for prefix, name in ENUMS.items():
            code, schema = names_in_code(prefix), self.schema["$defs"][name]["enum"]
            for missing in set(code) - set(schema):
                self.fail(f"enum {name}: the code says {missing}, the schema does not know it")
            for missing in set(schema) - set(code):
                self.fail(f"enum {name}: the schema knows {missing}, the code never says it")
        known = self.schema["$defs"]
        for name, keys in (("verdict", known["world"]["properties"]["summary"]["properties"]["verdicts"]),
                           ("trigger", known["daemon_report"]["properties"]["passes"])):
            if set(keys["properties"]) != set(known[name]["enum"]):
                self.fail(f"counts by {name} are not one a {name}")

    def must_fail(self, text, change, what):
        """Proof that the check can fail."""
        document = json.loads(text)
        change(document)
        schema = {"$ref": f"#/$defs/{kind_of(document)}", "$defs": self.schema["$defs"]}
        if VALIDATOR(schema).is_valid(document):
            self.fail(f"the schema accepts {what}")


def mutate(value, rand):
    """The document with one thing in it replaced, or left out."""
    odd = [None, True, 0, -1, 1, 2 ** 40, 0.5, "", "x", "\u202e\ud83d\ude00\x01", "1-1", [], {}]
    if isinstance(value, dict) and value and rand.random() < 0.9:
        key = rand.choice(sorted(value))
        if rand.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: mutate(value[key], rand)}
    if isinstance(value, list) and value and rand.random() < 0.9:
        index = rand.randrange(len(value))
        if rand.random() < 0.1:
            return value + [value[index]]
        return [*value[:index], mutate(value[index], rand), *value[index + 1:]]
    return rand.choice(odd)


def replay(program, text):
    """What `run --dry-run --json` prints of that world; None when it refuses it."""
    done = subprocess.run([program, "run", "-n", "--json", "--snapshot", "-"], input=text,
                          capture_output=True, encoding="utf-8", timeout=60, check=False)
    return done.stdout if done.returncode == 0 else None


def is_document(path):
    """Of what a fuzzer has kept, most is no JSON, or an odd piece of it."""
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (ValueError, RecursionError):
        return False


def main(arguments):
    checker = Checker()
    if arguments[0] == "--check":
        for name in arguments[1:]:
            checker.check(pathlib.Path(name).read_text(), name)
        print(f"{checker.documents} documents, {checker.failures} failed")
        return checker.failures > 0
    checker.check_enums()
    worlds = sorted((ROOT / "tests/cases").glob("*.json"))
    for case in worlds:
        checker.check(case.read_text(), case)
    worlds += filter(is_document, sorted((ROOT / "tests/fuzz/json").glob("*")))
    rand = random.Random(1)
    accepted = 0
    for number in range(MUTATIONS + len(worlds)):
        text = worlds[number % len(worlds)].read_text()
        if number >= len(worlds):
            text = json.dumps(mutate(json.loads(text), rand))
        printed = replay(arguments[0], text)
        if printed is not None:
            checker.check(printed, f"{worlds[number % len(worlds)].name} after mutation {number}")
            accepted += 1
    print(f"{accepted} of {MUTATIONS + len(worlds)} worlds were accepted")
    if accepted < MUTATIONS // 4:
        checker.fail("too few worlds were accepted to say anything")
    sample = (ROOT / "tests/cases/replug_detaches_then_attaches.json").read_text()
    if COMPLETE:
        checker.must_fail(sample, lambda d: d.update(surprise=1), "an unknown key")
        checker.must_fail(sample, lambda d: d["devices"][0].update(surprise=1), "an unknown key of a device")
    else:
        print("skipped: keys that the schema does not describe (this jsonschema is older than 4)")
    checker.must_fail(sample, lambda d: d["domains"][0]["tags"][0].update(verdict="fine"), "an unknown verdict")
    checker.must_fail(sample, lambda d: d.pop("devices"), "a status without devices")
    print(f"{checker.documents} documents, {checker.failures} failed")
    return checker.failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
