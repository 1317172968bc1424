// SPDX-License-Identifier: MIT
// Rows of model.js to elements. ACT has what the buttons do (app.js).
import { el, bdi, prose } from "./dom.js";
import { visible, nameOf } from "./model.js";

const { gettext: _, format, ngettext } = window.cockpit;

const verdictWords = {
    invalid: _("invalid"), disabled: _("turned off"), inactive: _("machine is off"), missing: _("missing"), ambiguous: _("ambiguous"),
    refused: _("refused"), contested: _("taken"), failed: _("failed"), pending: _("pending"), attached: _("attached"),
};
const askWords = { ids: _("ids"), serial: _("serial"), port: _("port"), below: _("at or below port") };

const button = (label, onclick, about, kind) =>
    el("button", { type: "button", class: kind ?? "quiet", onclick, "aria-label": about }, label);
const badge = ({ severity, verdict }) => el("span", { class: `badge ${severity === "ok" && verdict !== "attached" ? "idle" : severity}` }, verdictWords[verdict] ?? _("problem"));
const isToday = time => new Date(time).toDateString() === new Date().toDateString();
const moment = time => isToday(time) ? new Date(time).toLocaleTimeString() : new Date(time).toLocaleString();
const since = ({ since: time }) => time && el("span", { class: "muted" }, format(_("since $0"), moment(time)));
const tagWords = tag => tag.name === null ? visible(tag.domain) : `${visible(tag.domain)} / ${visible(tag.name)}`;
const whyButton = (tag, act) => tag && tag.name !== null && button(_("Why?"), () => act.why(tag), format(_("Why is $0 so?"), tagWords(tag)));

function tagButtons(tag, act) {
    const offer = (when, label, what, about) => when && button(label, () => what(tag), format(about, tagWords(tag)));
    return el("div", { class: "buttons" }, whyButton(tag, act),
        offer(tag.verdict === "attached" && tag.held, _("Replug"), act.replug, _("Replug $0")),
        offer(tag.valid && !tag.enabled, _("Turn on"), act.enable, _("Turn on $0")),
        offer(tag.valid && (!tag.enabled || tag.verdict === "contested"), _("Only here …"), act.only, _("Turn on $0 only")),
        offer(tag.valid && tag.enabled, _("Turn off"), act.disable, _("Turn off $0")),
        offer(tag.name !== null, _("Take away …"), act.untag, _("Take away $0")));
}

function memberLine(member, alone) {
    const device = member.device ?? member.disputed;
    return el("li", null,
        device && [bdi(nameOf(device)), " ", el("span", { class: "muted" }, format(_("at $0"), device.sysname)), " "],
        !alone && badge(member), member.nextTry && el("span", { class: "muted" }, format(_("next try at $0"), moment(member.nextTry))));
}

const tagItem = (tag, act) => el("li", { class: "tag", key: tag.key },
    el("div", { class: "line" }, el("h3", null, tag.name === null ? _("an entry without a name") : bdi(visible(tag.name))),
        badge(tag), tag.required && el("span", { class: "muted" }, _("required")), since(tag)),
    el("ul", null, tag.members.filter(each => each.device || each.disputed || each.nextTry).map(each => memberLine(each, tag.members.length === 1))),
    tag.verdict !== "attached" && el("p", null, prose(tag.why)),
    el("dl", null, tag.asks.map(([what, value]) => el("div", null, el("dt", null, askWords[what] ?? bdi(what)), el("dd", null, bdi(value))))),
    tagButtons(tag, act));

function guestCard(guest, act) {
    const name = visible(guest.name);
    return el("article", { class: "card guest", key: guest.key }, el("header", null, el("h2", null, bdi(name)),
        el("span", { class: guest.running ? "state on" : "state" }, guest.running ? _("running") : guest.saved ? _("saved") : _("off")),
        button(_("Give a device …"), () => act.give(null, guest.name), format(_("Give a device to $0"), name), "secondary")),
    guest.unreadable && el("p", null, bdi(guest.unreadable)),
    guest.tags.length ? el("ul", null, guest.tags.map(tag => tagItem(tag, act))) : el("p", { class: "muted" }, _("It has no tags.")));
}

const need = (row, act) => el("li", { class: `need ${row.severity}`, key: row.key },
    badge(row), el("div", { class: "text" }, row.domain !== null && el("strong", null, bdi(tagWords(row.tag ?? { ...row, name: null }))), " ", since(row),
        el("p", null, prose(row.why)), row.hint && el("p", { class: "muted" }, prose(row.hint))),
    whyButton(row.tag, act));

const facts = row => el("div", { class: "facts muted" }, [
    el("code", null, row.id), row.serial === null ? _("no serial") : [_("serial"), " ", el("code", null, bdi(row.serial))],
    row.speed && row.speed.join(" "), el("code", null, bdi(row.port)),
    row.remote && [_("over USB/IP from"), " ", bdi(row.remote)], row.inUse && [_("the host uses it:"), " ", bdi(row.inUse)], !row.authorized && _("the host has not authorized it"),
].filter(part => part).map(part => el("span", null, part)));

const deviceItem = (row, act) => el("li", { key: row.sysname, class: row.hub ? "hub" : "device" },
    el("div", { class: "line" }, el("code", { class: "place" }, row.sysname), el("strong", null, bdi(row.name)),
        row.alike > 1 && el("span", { class: "alike" }, format(row.unique ? _("$0 alike, told apart by serial") : _("$0 alike, told apart by port"), row.alike)),
        row.holders.map(tag => el("span", { class: "holder" }, format(tag.name === null ? _("in $0, without a tag") : _("in $0"), tagWords(tag)))),
        row.wanters.map(tag => el("span", { class: "wanter" }, format(_("wanted by $0: $1"), tagWords(tag), verdictWords[tag.verdict]))),
        !row.hub && button(_("Give …"), () => act.give(row, null), format(_("Give $0 at $1 to a machine"), row.name, row.sysname), "secondary")),
    !row.hub && facts(row),
    row.children.length > 0 && el("ul", { "aria-label": format(_("Behind $0"), row.sysname) }, row.children.map(child => deviceItem(child, act))));

const daemonLine = (daemon, act) => daemon
    ? el("p", { class: `daemon ${daemon.connected ? "ok" : "warning"}` }, daemon.connected
        ? format(_("The daemon follows every change, since $0."), moment(daemon.since * 1000))
        : _("The daemon runs, and waits for libvirt."))
    : el("p", { class: "daemon warning" }, _("No daemon runs: who pulls a device out and puts it back has to give it anew."), " ",
        button(_("Start the daemon"), act.startDaemon, null, "primary"));

const journalItem = entry => el("li", { key: entry.key, class: entry.severity },
    el("time", { datetime: new Date(entry.time).toISOString() }, moment(entry.time)), " ", bdi(entry.text));

const adoptable = ({ device, name }) => el("label", { class: "check", key: `${device} ${name}` },
    el("input", { type: "checkbox", name: "device", value: device ?? "", checked: device !== null, disabled: device === null }),
    el("span", null, bdi(name), " ", el("span", { class: "muted" }, device ? format(_("at $0"), device) : _("not plugged in, cannot be adopted"))));
const adoption = ({ domain, items }, act) => el("form", { key: domain, onsubmit: event => act.adopt(event, domain) },
    el("fieldset", null, el("legend", null, bdi(visible(domain))), items.map(adoptable)),
    el("button", { type: "submit", class: "secondary", "aria-label": format(_("Adopt what $0 has"), visible(domain)) }, _("Adopt …")));

const section = (id, title, ...content) => el("section", { class: "card", key: id, "aria-labelledby": id }, el("h2", { id }, title), content);
const list = (name, items, otherwise) => items.length ? el(name === "journal" ? "ol" : "ul", { class: name }, items) : el("p", { class: "muted" }, otherwise);

// All that is on the page.
export function page({ view, trouble, stranger, isDeaf, journal, journalTrouble }, act) {
    const head = el("header", { class: "top", key: "top" }, el("h1", null, _("USB for VMs")),
        trouble && el("div", { class: "alert critical", role: "alert" }, el("p", null, prose(visible(trouble.message))),
            trouble.hint && el("p", null, prose(visible(trouble.hint))), button(_("Try again"), act.watch, null, "secondary")),
        stranger && el("p", { class: "alert warning", id: "stranger" }, _("You may look, but not change anything. That takes administrative access, which is turned on at the top of this window, or the group libvirt, to which an administrator can add you.")),
        view ? daemonLine(view.daemon, act) : !trouble && el("p", { class: "muted" }, _("Looking at devices and machines …")));
    return !view ? [head] : [head,
        section("needs", _("What needs you"), list("needs", view.attention.map(row => need(row, act)), _("Nothing: every tag is as it should be."))),
        el("section", { class: "guests", key: "guests", "aria-label": _("Machines") }, view.guests.map(guest => guestCard(guest, act)),
            view.guests.length === 0 && el("p", { class: "card muted" }, _("libvirt has no virtual machines."))),
        view.strangers.length > 0 && section("adopt", _("Passed through without a tag"),
            el("p", { class: "muted" }, _("A machine loses these at the next replug. Adopted, they are followed; it keeps them meanwhile.")),
            el("div", { class: "guests" }, view.strangers.map(each => adoption(each, act)))),
        section("devices", _("Devices of this host"), el("ul", { class: "tree" }, view.roots.map(row => deviceItem(row, act))),
            view.emptyRoots > 0 && el("p", { class: "muted" }, format(ngettext("$0 more bus is empty.", "$0 more buses are empty.", view.emptyRoots), view.emptyRoots))),
        section("journal", _("What happened"), list("journal", journal.map(journalItem), journalTrouble ?? (isDeaf ? _("The journal is for administrators and members of the group systemd-journal.") : _("Nothing yet.")))),
    ].filter(part => part);
}
