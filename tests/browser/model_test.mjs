// SPDX-License-Identifier: MIT
// The page's pure half, on the golden cases: node --test tests/browser/model_test.mjs
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

// By its text: to node, a .js without a package.json is no module.
const source = readFileSync(new URL("../../rules/cockpit/model.js", import.meta.url), "utf8");
const { journalEntry, nameOf, offerName, view, visible } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const cases = new URL("../cases/", import.meta.url);
const read = name => JSON.parse(readFileSync(new URL(`${name}.json`, cases), "utf8"));
// A case may be what the planner needs and no more; a page gets whole documents.
const isWhole = name => read(name).domains.every(domain => domain.tags.every(tag => tag.members));
const all = readdirSync(cases).filter(name => name.endsWith(".json")).map(name => name.replace(/\.json$/, "")).filter(isWhole);
const flat = rows => rows.flatMap(row => [row, ...flat(row.children)]);
const tagsOf = seen => seen.guests.flatMap(guest => guest.tags);

test("every world has a view, with every tag and every device in it once", () => {
    for (const name of all) {
        const world = read(name);
        const seen = view(world);
        const rows = flat(seen.roots).map(row => row.sysname);
        assert.equal(tagsOf(seen).length, world.domains.flatMap(domain => domain.tags).length, name);
        assert.equal(new Set(rows).size, rows.length, name);
        assert.equal(rows.length + seen.emptyRoots, world.devices.length, name);
        assert.equal(new Set(tagsOf(seen).map(tag => tag.key)).size, tagsOf(seen).length, name);
    }
});

test("a world is only read", () => {
    const world = read("replug_detaches_then_attaches");
    const before = JSON.stringify(world);
    view(world);
    assert.equal(JSON.stringify(world), before);
});

test("what is critical comes first, and an invalid entry is told once", () => {
    const seen = view(read("replug_detaches_then_attaches"));
    assert.deepEqual(seen.attention.map(row => [row.tag.name, row.severity]), [["ups", "critical"], ["zigbee", "warning"]]);
    const invalid = read("invalid_entry_claims_nothing");
    const rows = view(invalid).attention.filter(row => row.domain === invalid.domains[0].name);
    assert.equal(rows.filter(row => row.tag?.verdict === "invalid").length, 1);
    assert.equal(rows.filter(row => row.tag === null).length, 0);
});

test("a device says who has it and who else wants it", () => {
    const seen = view(read("contested_by_another_domain"));
    const wanted = flat(seen.roots).find(row => row.holders.length > 0);
    assert.equal(wanted.holders.length, 1);
    assert.ok(wanted.wanters.length > 0);
    assert.notEqual(wanted.holders[0].domain, wanted.wanters[0].domain);
});

test("twins without a serial are told apart by their ports", () => {
    const world = read("twins_without_serial_are_ambiguous");
    world.devices.forEach((device, at) => { device.serial = at % 2 ? null : ""; });
    const seen = view(world);
    const twins = flat(seen.roots).filter(row => row.alike > 1);
    assert.equal(twins.length, 2);
    assert.ok(twins.every(row => !row.unique && row.serial === null));
    assert.equal(new Set(twins.map(row => row.port)).size, 2);
});

test("twins with serials are told apart by them, and a shared serial is none", () => {
    const world = read("replug_detaches_then_attaches");
    const one = world.devices.find(device => device.serial);
    world.devices.push({ ...one, sysname: "1-9", serial: "other" });
    const rows = () => flat(view(world).roots).filter(row => row.id === "10c4:ea60");
    assert.deepEqual(rows().map(row => row.unique), [true, true]);
    world.devices.at(-1).serial = one.serial;
    assert.deepEqual(rows().map(row => row.unique), [false, false]);
});

test("hubs hold what is behind them, by number, and an empty bus is only counted", () => {
    const device = { ...read("replug_detaches_then_attaches").devices[1] };
    const at = (sysname, parent, hub = false) => ({ ...device, sysname, parent, hub, serial: sysname });
    const world = { ...read("nothing_to_do"), devices: [at("usb1", null, true), at("usb2", null, true), at("1-10", "usb1"), at("1-9", "usb1", true), at("1-9.2", "1-9")] };
    const seen = view(world);
    assert.equal(seen.emptyRoots, 1);
    assert.deepEqual(flat(seen.roots).map(row => row.sysname), ["usb1", "1-9", "1-9.2", "1-10"]);
});

test("a circle of parents ends", () => {
    const device = read("replug_detaches_then_attaches").devices[1];
    const world = { ...read("nothing_to_do"), devices: [{ ...device, sysname: "a", parent: "b" }, { ...device, sysname: "b", parent: "a" }, { ...device, sysname: "c", parent: null, hub: true }] };
    assert.equal(view(world).emptyRoots, 1);
});

test("what cannot be seen is spelt, as the program does", () => {
    assert.equal(visible("A\u001b[2J\n! x"), "A\\x1b[2J\\x0a! x");
    assert.equal(visible("evil \u202e name"), "evil \\xe2\\x80\\xae name");
    assert.equal(visible("a\u200bb\ufeff\u2028\ufe0f"), "a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf\\xe2\\x80\\xa8\\xef\\xb8\\x8f");
    assert.equal(visible("Grüße 日本語 <b> & 'x'"), "Grüße 日本語 <b> & 'x'");
    assert.equal(visible(null), "");
    const seen = JSON.stringify(view(read("hostile_strings_stay_on_their_line")));
    // What the program is told by is as it is; what is shown is not.
    for (const row of flat(view(read("hostile_strings_stay_on_their_line")).roots))
        assert.doesNotMatch(row.name + row.serial + row.port, /[\u0000-\u001f\u007f-\u009f\u200b-\u202e]/);
    assert.ok(seen.includes("evil"));
});

test("a device without a name of its own has the database's, or its ids", () => {
    const device = { id: { vendor: "0403", product: "6001" }, product: null, manufacturer: null, properties: {} };
    assert.equal(nameOf(device), "USB 0403:6001");
    assert.equal(nameOf({ ...device, product: " " }), "USB 0403:6001");
    assert.equal(nameOf({ ...device, properties: { ID_MODEL_FROM_DATABASE: "FT232" } }), "FT232");
    assert.equal(nameOf({ ...device, product: "UART" }), "UART");
});

test("an offered name is one that a tag may have, and is free", () => {
    assert.equal(offerName("CP2102N USB to UART Bridge", []), "cp2102n-usb-to-uart-bridge");
    assert.equal(offerName("CP2102N", ["cp2102n", "cp2102n-2"]), "cp2102n-3");
    assert.equal(offerName("--日本語--", []), "usb");
    for (const name of ["a".repeat(200), "x -- y", "<script>", "-", "é", "a".repeat(33) + "-b"]) {
        const taken = [offerName(name, [])];
        for (const offered of [taken[0], offerName(name, taken)]) {
            assert.match(offered, /^[A-Za-z0-9_-]{1,40}$/);
            assert.doesNotMatch(offered, /--/);
        }
    }
});

test("the next try is at a time of the wall", () => {
    const world = read("replug_detaches_then_attaches");
    world.domains[0].tags[0].members[0].next_try = world.now + 30;
    assert.equal(tagsOf(view(world))[0].members[0].nextTry, Date.parse(world.time) + 30000);
});

test("a line of the journal", () => {
    const entry = { __CURSOR: "c", __REALTIME_TIMESTAMP: "1700000000000000", PRIORITY: "3", MESSAGE: "g1/a is missing" };
    assert.deepEqual(journalEntry(JSON.stringify(entry)), { key: "c", time: 1700000000000, severity: "critical", text: "g1/a is missing" });
    assert.equal(journalEntry(JSON.stringify({ ...entry, PRIORITY: "6" })).severity, "ok");
    assert.equal(journalEntry(JSON.stringify({ ...entry, MESSAGE: [65, 27, 255] })).text, "A\\x1b\u00ff");
    assert.equal(journalEntry(JSON.stringify({ ...entry, MESSAGE: null })).text, "");
});
