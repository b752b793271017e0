// Building and keeping elements. Text goes in as text, never as markup.

/** An element with attributes (`onclick` and the like are listeners) and children. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A table with a caption; on a phone each row becomes a card, so the roles are spelled out. */
export function table(caption, columns) {
  const body = el("tbody", { role: "rowgroup" });
  const heads = columns.map((column) => el("th", { scope: "col", role: "columnheader" }, column));
  const node = el("table", { role: "table" },
    el("caption", {}, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)),
    body);
  const row = (cells, attributes = {}) =>
    el("tr", { role: "row", ...attributes }, cells.map((cell, place) =>
      el("td", { role: "cell", "data-label": columns[place], class: isEmpty(cell) ? "none" : null }, cell)));
  return { node, body, row };
}

function isEmpty(cell) {
  return cell === null || cell === undefined || cell === "" || (Array.isArray(cell) && cell.length === 0);
}

/**
 * Makes the children of `parent` those of `items`. A child whose mark is the same stays as it is, so
 * that a reader's place and the keyboard's focus are not lost.
 */
export function keep(parent, items, keyOf, make, markOf = JSON.stringify) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const mark = String(markOf(item));
    let child = old.get(key);
    old.delete(key);
    if (child?.dataset.mark === mark) {
      if (child === next) next = next.nextElementSibling;
      else parent.insertBefore(child, next);
      continue;
    }
    const made = make(item);
    Object.assign(made.dataset, { key, mark });
    const focused = child?.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    if (next !== null && next === child) next = next.nextElementSibling;
    child?.remove();
    parent.insertBefore(made, next);
    if (focused) made.querySelector(`[data-act="${focused}"]`)?.focus();
  }
  for (const child of old.values()) child.remove();
}

/** A bar of a share from 0 to 1. The number beside it says the same, so readers aloud skip it. */
export function bar(share, kind = "") {
  const fill = el("span", {});
  fill.style.width = `${Math.round(Math.min(Math.max(share, 0), 1) * 100)}%`;
  return el("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill);
}

/** A text that stays on one line. */
export const line = (...content) => el("span", { class: "line" }, ...content);

/** A small label; `kind` chooses its colour, the text carries the meaning. */
export function tag(text, kind = "", title = null) {
  return el("span", { class: `tag ${kind}`, title }, text);
}

/** A value as indented JSON, to read and to copy. */
export function pretty(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** Opens the panel over the page. */
export function openPanel(title, closeWord, ...content) {
  const panel = document.getElementById("panel");
  panel.replaceChildren(
    el("div", { class: "panel-head" },
      el("h2", { id: "panel-title" }, title),
      el("button", { type: "button", onclick: () => panel.close() }, closeWord)),
    ...content.flat().filter(Boolean));
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
}

/** A block of JSON with its heading. */
export function jsonBlock(heading, value) {
  return [el("h3", {}, heading), el("pre", { tabindex: "0" }, pretty(value))];
}
