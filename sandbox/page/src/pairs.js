// Copies beside the event that stays, and what differs between them.

import { el, keep, table } from "/sandbox/page/dom.js";
import { matchKeys, nameOf, openEvent, originTag } from "/sandbox/page/events.js";
import { known, span, t, time } from "/sandbox/page/language.js";

/** Pairs shown at a time. */
const MOST_PAIRS = 100;

/** Each copy with the event that stays, newest first; that one may have left the list. */
export function of(state) {
  const byNumber = new Map(state.events.rows.map((event) => [event.n, event]));
  return state.events.rows
    .filter((event) => event.copy_of)
    .map((copy) => ({ copy, stays: byNumber.get(copy.copy_of.n) }))
    .reverse();
}

export function build(state) {
  const intro = el("p", { class: "quiet" });
  const list = el("div", { class: "pairs" });
  const node = el("section", {}, intro, list);
  function update() {
    const pairs = of(state).slice(0, MOST_PAIRS);
    intro.textContent = t(pairs.length ? "pairs.intro" : "pairs.none");
    keep(list, pairs, ({ copy }) => copy.n, (pair) => pairOf(pair, state.clock.now_ms), ({ copy, stays }) => JSON.stringify([copy.copy_of, stays?.n]));
  }
  return { node, update };
}

function pairOf({ copy, stays }, nowMs) {
  const key = known(`by.${copy.copy_of.by}`) ?? copy.copy_of.by;
  const apart = stays ? span(Math.abs(copy.received_at_ms - stays.received_at_ms)) : "";
  const title = t(stays ? "pairs.title" : "pairs.title.gone", { name: nameOf(copy), key, span: apart });
  const labels = [t("pairs.what"), t("pairs.stays", { n: copy.copy_of.n }), t("pairs.copy", { n: copy.n })];
  const { node, body, row } = table(title, labels);
  body.append(...facts(nowMs).flatMap(([label, read, show = String, compared = true]) => {
    const both = [stays && read(stays), read(copy)];
    if (both.every((value) => value === undefined)) return [];
    const differs = compared && stays && both[0] !== both[1];
    const cells = both.map((value) => (value === undefined ? "–" : show(value)));
    return [row([[label, differs ? el("span", { class: "small" }, `≠ ${t("pairs.differs")}`) : null], ...cells])];
  }));
  body.append(row([t("json"), stays ? opener(stays) : t("pairs.gone"), opener(copy)]));
  return el("article", { class: "pair" }, node);
}

const opener = (event) =>
  el("button", { type: "button", class: "open", "aria-label": t("events.open", { n: event.n }), onclick: () => openEvent(event) }, t("show"));

const text = (value) => (value === undefined || value === null ? undefined : typeof value === "object" ? JSON.stringify(value) : String(value));

/** What is laid side by side: the words, how it is read and shown, and whether it is worth comparing. */
const facts = (nowMs) => [
  [t("from"), (event) => event.origin, originTag, false],
  [t("pairs.received"), (event) => event.received_at_ms, (ms) => time(ms, nowMs), false],
  [t("pairs.happened"), (event) => event.event?.event_time, (seconds) => time(Number(seconds) * 1000, nowMs)],
  ["event_id", (event) => text(event.event?.event_id)],
  ["fbp", (event) => text(event.event?.user_data?.fbp)],
  ["external_id", (event) => text(event.event?.user_data?.external_id)],
  [t("pairs.value"), (event) => valueOf(event)],
  [t("pairs.keys"), (event) => matchKeys(event).join(", ")],
];

function valueOf(event) {
  const { value, currency } = event.event?.custom_data ?? {};
  return value === undefined ? undefined : `${text(value)} ${text(currency) ?? ""}`.trim();
}
