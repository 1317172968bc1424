// SPDX-License-Identifier: MIT
// Runs commands. What changes more than one would guess asks first, and shows the command's own dry run.
import { el, bdi, prose, patch } from "./dom.js";
import { visible, offerName } from "./model.js";

const cockpit = window.cockpit;
const { gettext: _, format } = cockpit;
const dialog = document.getElementById("dialog");
const TYPING_MSEC = 150; // a dry run for each letter would be too many
const paragraphs = (lines, kind) => lines.map(line => el("p", { class: kind }, prose(line)));
const linesOf = text => (text ?? "").split("\n").map(line => visible(line.replace(/^usbreconcile: /, "").trim())).filter(line => line);

// Never fails: resolves to what it printed, what it said besides (lines) and its exit code, with cockpit's own `problem`.
export function run(args, stream) {
    let printed = "";
    const spawned = cockpit.spawn(["usbreconcile", ...args], { err: "message", superuser: "try", environ: ["LC_ALL=C.UTF-8"] });
    spawned.stream(data => { printed += stream ? stream(data) ?? "" : data; });
    const done = new Promise(resolve => spawned
            .then((_data, message) => resolve({ status: 0, printed, talk: linesOf(message) }))
            .catch(error => resolve({ status: error.exit_status ?? -1, printed, talk: linesOf(error.message), problem: error.problem })));
    return { done, close: () => spawned.close("cancelled") };
}

export function notify(severity, lines) {
    const notice = el("div", { class: `alert ${severity}`, role: severity === "ok" ? null : "alert" }, paragraphs(lines),
        el("button", { type: "button", class: "quiet", onclick: () => notice.remove() }, _("Close")));
    document.getElementById("notices").replaceChildren(notice);
}

// Does it, and says what the program says of it: INTO the dialog when it failed there.
export async function act(args, into) {
    const { status, printed, talk } = await run(args).done;
    const lines = [...linesOf(printed), ...talk].filter(line => status !== 0 || !/^([-+~!=] |\d+ actions?:|nothing to do)/.test(line));
    const show = status !== 0 && into ? () => patch(into, paragraphs(lines, "critical")) : notify;
    show(status === 0 ? "ok" : "critical", lines.length ? lines : [_("Done.")]);
    return status === 0;
}

function open(title, body, go) {
    const close = el("button", { type: "button", class: "secondary", onclick: () => dialog.close() }, go ? _("Cancel") : _("Close"));
    document.getElementById("notices").replaceChildren();
    dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), ...body, el("footer", null, go, close));
    dialog.showModal();
}

// The long answer.
export async function why(tag) {
    const text = el("pre", { tabindex: 0 }, _("Looking …"));
    open(`${visible(tag.domain)} / ${visible(tag.name)}`, [text]);
    const { printed, talk } = await run(["status", "--", tag.domain, tag.name]).done;
    text.textContent = printed.split("\n").map(visible).join("\n") || talk.join("\n");
}

const deeds = {
    attach_live: _("$0 gets it now"), attach_config: _("$0 gets it at its next start"), edit_image: _("what is saved of $0 is set right"),
    detach_live: _("it is taken out of $0 now"), detach_config: _("$0 does not get it at its next start"),
};

// A box with the dry run of [command, options, arguments], and the button that does it, and THEN what follows from it.
function rehearsal(label, kind, then) {
    let [command, planned] = [null, null];
    const args = more => [command[0], ...more, ...command[1], "--", ...command[2]];
    const box = el("div", { class: "rehearsal", "aria-live": "polite" });
    const go = el("button", { type: "button", class: kind ?? "primary" }, label);
    go.onclick = async () => {
        go.disabled = true;
        if (!await act(args([]), box))
            return;
        dialog.close();
        then?.(planned);
    };
    const look = async asked => {
        command = asked;
        go.disabled = true;
        if (!box.hasChildNodes())
            patch(box, paragraphs([_("Looking …")], "muted"));
        await new Promise(resolve => window.setTimeout(resolve, TYPING_MSEC));
        const { status, printed, talk } = command === asked ? await run(args(["-n", "--json"])).done : {};
        if (command !== asked)
            return;
        const answer = planned = status === 0 ? JSON.parse(printed) : { changed: true, actions: [], metadata: [] };
        patch(box, [...paragraphs(talk, status === 0 ? "talk" : "critical"),
            el("ul", null, answer.actions.map(action => el("li", null, bdi(format(deeds[action.kind], visible(action.domain)))))),
            ...status === 0 ? [] : [el("button", { type: "button", class: "quiet", onclick: () => look(asked) }, _("Try again"))],
            ...paragraphs(answer.changed ? [] : [_("No tag has to be changed for that.")]),
            ...answer.metadata.map(each => el("details", null, el("summary", null, format(_("What is written for $0"), visible(each.domain))), el("pre", null, visible(each.xml))))]);
        go.disabled = status !== 0;
    };
    return { box, go, look };
}

// A change that is asked about.
export function confirm(title, label, command, kind) {
    const { box, go, look } = rehearsal(label, kind);
    open(title, [box], go);
    look(command);
}

const ways = {
    "": [_("as usbreconcile thinks best"), _("By its serial where that is unique here, else by its socket.")],
    "ids,serial": [_("this very device, by its serial"), _("It is found in whichever socket it is.")],
    "ids,port": [_("a device of this kind in this socket"), _("Another one of the kind in this socket counts as well; this one in another socket does not.")],
    port: [_("whatever is in this socket"), _("Any device that somebody plugs in there goes to the machine.")],
    ids: [_("any device of this kind"), _("While two of them are plugged in, it is ambiguous, and the machine gets neither.")],
};

// Where another machine's tag has the device, giving it is only half of what was meant.
function handOver(answer, guest, name) {
    const tag = answer.domains.find(each => each.name === guest)?.tags.find(each => each.want.name === name);
    const owner = tag?.verdict === "contested" ? tag.members[0].owner : null;
    if (owner?.tag)
        confirm(format(_("$0 has it now. Hand it over to $1?"), visible(owner.domain), visible(guest)), _("Hand over"), ["enable", ["--only"], [guest, name]]);
}

// ROW: the device, or null to choose one; DOMAIN likewise.
export function give(view, row, domain) {
    const flat = rows => rows.flatMap(each => [...each.hub ? [] : [each], ...flat(each.children)]);
    const [devices, guests] = [row ? [row] : flat(view.roots), view.guests.filter(guest => guest.unreadable === null)];
    if (!devices.length || !guests.length)
        return notify("warning", [guests.length ? _("No USB device is plugged in.") : _("libvirt has no virtual machines.")]);
    const { box, go, look } = rehearsal(_("Give"), "primary", answer => handOver(answer, guest().name, field("name").value));
    const form = el("form", { onsubmit: event => event.preventDefault() });
    const field = name => form.elements.namedItem(name);
    const choose = (label, name, options, oninput) => el("label", null, label,
        el("select", { name, oninput }, options.map(([value, text, selected]) => el("option", { value, selected }, text))));
    const device = () => row ?? devices.find(each => each.sysname === field("device").value);
    const guest = () => guests.find(each => each.name === (domain ?? field("domain").value));
    const again = () => look(["tag", field("by").value ? ["--by", field("by").value] : [], [guest().name, field("name").value, device().sysname]]);
    const known = el("fieldset", null);
    const offer = () => {
        field("name").value = offerName(device().name, guest().tags.map(tag => tag.name));
        patch(known, [el("legend", null, _("Know it by")), ...Object.keys(ways).filter(by => device().serial || by !== "ids,serial").map(by => el("label", { class: "check", key: `by ${by}` },
            el("input", { type: "radio", name: "by", value: by, checked: by === "", oninput: again }), el("span", null, ways[by][0], el("small", null, ways[by][1]))))]);
        again();
    };
    form.append(...[!row && choose(_("Device"), "device", devices.map(each => [each.sysname, `${each.name} · ${each.serial ?? each.id} · ${each.sysname}`]), offer),
        domain === null && choose(_("Machine"), "domain", guests.map(each => [each.name, visible(each.name), each === guests.find(one => one.running)]), offer),
        el("label", null, _("Name of the tag"), el("input", { name: "name", maxlength: 40, autocomplete: "off", oninput: again })), known].filter(part => part));
    open(row ? format(_("Give $0 to a machine"), row.name) : format(_("Give a device to $0"), visible(domain)), [form, box], go);
    offer();
}
