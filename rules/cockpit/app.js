// SPDX-License-Identifier: MIT
// What is live: the stream of `usbreconcile status --watch --json`, the journal, and what the buttons do.
import { view, journalEntry } from "./model.js";
import { patch } from "./dom.js";
import { page } from "./view.js";
import { run, act as carryOut, notify, why, confirm, give } from "./dialogs.js";

const cockpit = window.cockpit;
const _ = cockpit.gettext;
const [JOURNAL_LINES, RETRY_MSEC] = [50, 2000];
const state = { view: null, trouble: null, stranger: false, journal: [], journalTrouble: null };
let watcher = null;

const render = () => patch(document.getElementById("page"), page(state, act));

// Hands over every whole line of a stream.
function byLine(take) {
    let rest = "";
    return data => {
        const lines = (rest + data).split("\n");
        rest = lines.pop();
        lines.filter(line => line).forEach(take);
        render();
    };
}

function take(line) {
    const answer = JSON.parse(line);
    state.view = answer.domains ? view(answer) : state.view;
    state.trouble = answer.domains ? null : answer.problems[0] ?? null;
}

async function watch() {
    watcher?.close();
    const mine = watcher = run(["status", "--watch", "--json"], byLine(take));
    const { talk, problem } = await mine.done;
    if (watcher !== mine)
        return;
    watcher = null;
    state.trouble ??= { message: problem === "not-found" ? _("usbreconcile is not installed.") : [_("This is no longer live:"), ...talk].join(" "), hint: null };
    render();
    window.setTimeout(() => watcher ?? watch(), RETRY_MSEC);
}

function followJournal() {
    const command = ["journalctl", "--unit=usbreconcile.service", "--output=json", "--follow", `--lines=${JOURNAL_LINES}`];
    cockpit.spawn(command, { err: "message", superuser: "try" })
            .stream(byLine(line => { state.journal = [journalEntry(line), ...state.journal].slice(0, JOURNAL_LINES); }))
            .catch(error => { state.journalTrouble = error.message; render(); });
}

const simple = command => tag => carryOut([command, "--", tag.domain, tag.name]);
const act = {
    watch, why, enable: simple("enable"), disable: simple("disable"), replug: simple("replug"),
    give: (row, domain) => give(state.view, row, domain),
    only: tag => confirm(_("Turn it on here, and off elsewhere"), _("Only here"), ["enable", ["--only"], [tag.domain, tag.name]]),
    untag: tag => confirm(_("Take the device and its tag away"), _("Take away"), ["untag", [], [tag.domain, tag.name]], "danger"),
    adopt: (event, domain) => {
        event.preventDefault();
        const devices = new FormData(event.target).getAll("device");
        return devices.length ? confirm(_("Adopt what is passed through"), _("Adopt"), ["adopt", devices.flatMap(device => ["--device", device]), [domain]])
            : notify("warning", [_("Choose a device first.")]);
    },
    startDaemon: () => cockpit.spawn(["systemctl", "enable", "--now", "usbreconcile.service"], { err: "message", superuser: "try" })
            .catch(error => notify("critical", [_("The daemon could not be started:"), error.message])),
};

// As the shell around us is dressed.
function dress(style) {
    const wish = style ?? localStorage.getItem("shell:style") ?? "auto";
    const dark = wish === "dark" || (wish === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.classList.toggle("dark", dark);
}

dress();
window.addEventListener("storage", event => event.key === "shell:style" && dress());
window.addEventListener("cockpit-style", event => dress(event.detail.style));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress());
cockpit.translate();
// Asked for the group as well, Cockpit 287 loads the page again and again for a member without administrative access.
const rights = cockpit.permission({ admin: true });
const judge = () => cockpit.user().then(({ groups }) => {
    const isOutside = (...allowed) => rights.allowed === false && !groups.some(group => allowed.includes(group));
    [state.stranger, state.isDeaf] = [isOutside("libvirt"), isOutside("systemd-journal", "adm", "wheel")];
    render();
});
rights.addEventListener("changed", judge);
[judge, watch, followJournal].forEach(begin => begin());
