// SPDX-License-Identifier: MIT
// The one door to the document: whatever text comes through here becomes a text node, never markup.

const LIVE = ["onclick", "oninput", "onsubmit", "disabled"]; // what patch() brings up to date; the rest is the person's
const PROPERTIES = [...LIVE, "checked", "value"];
const isThere = value => value !== null && value !== undefined && value !== false;

// Attributes and properties by name, `key` for patch(); what is null, undefined or false is left out.
export function el(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {}).filter(([, each]) => isThere(each))) {
        if (PROPERTIES.includes(key))
            node[key] = value;
        else
            node.setAttribute(key === "key" ? "data-key" : key, value === true ? "" : value);
    }
    node.append(...children.flat(3).filter(isThere));
    return node;
}

// What others have written stands apart from what surrounds it, in whatever direction it is read.
export const bdi = text => el("bdi", null, text);
export const prose = text => el("bdi", null, text.split(/`([^`]+)`/).map((part, at) => at % 2 ? el("code", null, part) : part));

function update(old, wanted) {
    if (old.nodeType === Node.TEXT_NODE) {
        if (old.data !== wanted.data)
            old.data = wanted.data;
        return;
    }
    for (const { name } of [...old.attributes].filter(each => !wanted.hasAttribute(each.name) && each.name !== "open"))
        old.removeAttribute(name);
    for (const { name, value } of [...wanted.attributes].filter(each => old.getAttribute(each.name) !== each.value))
        old.setAttribute(name, value);
    for (const property of LIVE.filter(each => old[each] !== wanted[each]))
        old[property] = wanted[property];
    patch(old, [...wanted.childNodes]);
}

// Makes PARENT's children what WANTED says, keeping those that stay: focus and what is open stay, too.
export function patch(parent, wanted) {
    const keys = new Set(wanted.map(node => node.dataset?.key));
    [...parent.children].filter(child => child.dataset.key && !keys.has(child.dataset.key)).forEach(child => child.remove());
    const keyed = new Map([...parent.children].filter(child => child.dataset.key).map(child => [child.dataset.key, child]));
    let place = parent.firstChild;
    for (const node of wanted) {
        const old = node.dataset?.key ? keyed.get(node.dataset.key) : place;
        if (old?.nodeName !== node.nodeName || old.dataset?.key !== node.dataset?.key) {
            parent.insertBefore(node, place);
            continue;
        }
        if (old === place)
            place = place.nextSibling;
        else
            parent.insertBefore(old, place);
        update(old, node);
    }
    [...parent.childNodes].slice(wanted.length).forEach(node => node.remove());
}
