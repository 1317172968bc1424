// SPDX-License-Identifier: MIT
// What the page shows, from what `usbreconcile status --json` prints. Pure: a document in, rows out.
// Nothing is decided here: verdicts, candidates and owners are the program's.

// A string that a device, a domain or somebody's metadata chose: what cannot be seen is spelt.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]/gu;
const spell = each => [...new TextEncoder().encode(each)].map(byte => "\\x" + byte.toString(16).padStart(2, "0")).join("");
export const visible = untrusted => String(untrusted ?? "").replace(UNSEEN, spell);
const optional = untrusted => untrusted ? visible(untrusted) : null;

export const idOf = id => id ? `${id.vendor}:${id.product}` : "";

// What it calls itself, else what udev's database does.
export const nameOf = device =>
    visible(device.product || device.properties?.ID_MODEL_FROM_DATABASE || "").trim() || `USB ${idOf(device.id)}`;

// Mbit/s as sysfs has them, rounded down: number and unit.
const speedOf = ({ speed }) => !speed ? null : speed >= 1000 ? [speed / 1000, "Gbit/s"] : [speed === 1 ? 1.5 : speed, "Mbit/s"];

// What a tag asks for: pairs of what and its value.
function asks(want) {
    return [
        ["ids", want.ids.map(idOf).join(", ")], ["serial", visible(want.serial)],
        [want.group ? "below" : "port", visible(want.port ?? want.port_sysname)],
        ...want.matches.map(match => [visible(match.property), visible(match.value)]),
    ].filter(([, value]) => value);
}

function tagRow(document, domain, tag, devices, position) {
    // The document's times are on the host's own clock.
    const onTheWall = moment => moment === null ? null : Date.parse(document.time) + (moment - document.now) * 1000;
    return {
        key: `${domain.uuid} ${position}`, domain: domain.name, name: tag.want.name, entry: tag.want.entry,
        enabled: tag.want.enabled, valid: tag.want.complaint === null, required: tag.want.required,
        verdict: tag.verdict, severity: tag.severity, why: visible(tag.sentence), candidates: tag.candidates,
        asks: tag.want.complaint === null ? asks(tag.want) : [], since: tag.since ? tag.since * 1000 : null, held: tag.members.some(member => member.have.live),
        members: tag.members.map(member => ({
            device: devices.get(member.device) ?? null, disputed: devices.get(member.disputed) ?? null,
            severity: member.severity, verdict: member.verdict, nextTry: onTheWall(member.next_try),
        })),
    };
}

// Who has a device and who else wants it, from all tags and from hostdevs that no tag names.
function usersOf(sysname, document, tags) {
    const has = tag => tag.held && tag.members.some(member => member.device?.sysname === sysname && member.verdict !== "contested");
    const holders = tags.filter(has);
    const wanters = tags.filter(tag => !has(tag) && tag.candidates.includes(sysname));
    for (const { domain, device, live } of document.unmanaged) {
        if (device === sysname && live && !holders.some(each => each.domain === domain))
            holders.push({ domain, name: null });
    }
    return { holders, wanters };
}

// The devices as the tree of hubs that they are. A root hub without devices is only counted.
function tree(document, tags) {
    const known = new Set(document.devices.map(device => device.sysname));
    const alike = device => document.devices.filter(other => !other.hub && idOf(other.id) === idOf(device.id) && other.product === device.product);
    const children = (parent, depth) => document.devices
            .filter(device => parent === null ? !known.has(device.parent) : device.parent === parent)
            .sort((a, b) => a.sysname.localeCompare(b.sysname, "en", { numeric: true })) // "1-1.10" after "1-1.9"
            .map(device => row(device, depth));
    const row = (device, depth) => ({
        sysname: device.sysname, hub: device.hub, name: nameOf(device), id: idOf(device.id), serial: optional(device.serial),
        port: visible(device.port ?? device.sysname), speed: speedOf(device), inUse: optional(device.in_use), remote: optional(device.remote),
        authorized: device.authorized, alike: device.hub ? 1 : alike(device).length,
        unique: Boolean(device.serial) && alike(device).filter(other => other.serial === device.serial).length === 1,
        children: depth < 8 ? children(device.sysname, depth + 1) : [], ...usersOf(device.sysname, document, tags),
    });
    const roots = children(null, 0);
    const isEmpty = each => each.hub && each.children.length === 0;
    return { roots: roots.filter(each => !isEmpty(each)), emptyRoots: roots.filter(isEmpty).length };
}

// What needs a person, the worst first: tags, and problems that no tag's line tells already.
function attention(document, tags) {
    const told = problem => tags.some(tag => tag.verdict === "invalid" && tag.domain === problem.domain && tag.entry === problem.entry &&
                                             tag.why.startsWith(visible(problem.message).replace(/^entry .*?: /, "")));
    const problems = document.problems.filter(problem => problem.severity !== "ok" && !told(problem)).map((problem, at) => ({
        key: `problem ${at}`, severity: problem.severity, tag: null, domain: problem.domain,
        why: visible(problem.message), hint: visible(problem.hint),
    }));
    const bad = tags.filter(tag => tag.severity !== "ok").map(tag => ({ ...tag, tag, hint: "" }));
    return [...bad, ...problems].sort((a, b) => (b.severity === "critical") - (a.severity === "critical"));
}

// Domains that pass devices through without a tag, which `adopt` would write; a device of live and config is one.
function strangers(document, devices) {
    const what = ({ device, hostdev }) => ({ device, name: devices.has(device) ? nameOf(devices.get(device)) : idOf(hostdev.id) || visible(hostdev.alias) });
    const unique = items => [...new Map(items.map(item => [item.device ?? item.name, item])).values()];
    return [...new Set(document.unmanaged.map(each => each.domain))].map(domain =>
        ({ domain, items: unique(document.unmanaged.filter(each => each.domain === domain).map(what)) }));
}

export function view(document) {
    const devices = new Map(document.devices.map(device => [device.sysname, device]));
    const guests = document.domains.map(domain => ({
        key: domain.uuid, name: domain.name, running: domain.running, saved: domain.saved, unreadable: optional(domain.unreadable),
        tags: domain.tags.map((tag, position) => tagRow(document, domain, tag, devices, position)),
    }));
    const tags = guests.flatMap(guest => guest.tags);
    return {
        daemon: document.daemon ?? null, guests, attention: attention(document, tags),
        strangers: strangers(document, devices), ...tree(document, tags),
    };
}

// A name for the tag of a device, from what that calls itself, which is free in the domain.
export function offerName(name, taken) {
    const base = name.toLowerCase().replace(/[^a-z0-9_]+/g, "-").replace(/^-/, "").slice(0, 34).replace(/-+$/, "") || "usb";
    for (let number = 1; ; number++) {
        const offer = number === 1 ? base : `${base}-${number}`;
        if (!taken.includes(offer))
            return offer;
    }
}

// A line of `journalctl --output=json`; a message that is no UTF-8 is a list of bytes there.
export function journalEntry(line) {
    const entry = JSON.parse(line);
    const text = Array.isArray(entry.MESSAGE) ? String.fromCharCode(...entry.MESSAGE) : entry.MESSAGE;
    const severity = entry.PRIORITY <= 3 ? "critical" : entry.PRIORITY <= 4 ? "warning" : "ok";
    return { key: entry.__CURSOR, time: entry.__REALTIME_TIMESTAMP / 1000, text: visible(text), severity };
}
