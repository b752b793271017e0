// Events as they come: what was accepted, whom it matched, and which of them are copies.

import { MOST_ROWS } from "/sandbox/page/api.js";
import { el, jsonBlock, keep, line, openPanel, table, tag } from "/sandbox/page/dom.js";
import { known, number, span, t, time } from "/sandbox/page/language.js";

/** Keys of user_data shown in a row. */
const KEYS_IN_ROW = 8;

export function build(state) {
  const labels = [
    t("number"), t("time"), t("event"), t("from"), t("dataset"), t("events.keys"), t("events.matched"), t("events.copy"),
    t("events.test")];
  const { node: list, body, row } = table(t("events.caption"), labels);
  const notes = el("p", { class: "quiet" });
  const node = el("section", { class: "feed cards" }, notes, list);
  const rowOf = ({ event, code }) => eventRow(row, event, code, state);
  function update() {
    const { rows, count, left } = state.events;
    const discards = !rows.length && count > 0 && left === 0 && !state.dataset;
    notes.textContent = discards ? t("events.discarded") : rows.length ? listNotes(rows.length, left, "list.left") : t("events.none");
    list.hidden = !rows.length;
    const codes = testCodes(state);
    const shown = rows.map((event) => ({ event, code: codes.get(event.request) })).reverse();
    keep(body, shown, ({ event }) => event.n, rowOf,
      ({ event, code }) => JSON.stringify([event.n, event.copy_of, event.matched, code, day(state)]));
  }
  return { node, update, goTo: (n) => goTo(state, body, n) };
}

const day = (state) => new Date(state.clock.now_ms).toDateString();

/** How many are shown, and how many the sandbox itself no longer has. */
export function listNotes(shown, left, leftKey) {
  return [
    shown >= MOST_ROWS ? t("list.newest", { shown: number(shown) }) : "",
    left > 0 ? t(leftKey, { n: number(left) }) : ""].filter(Boolean).join(" ");
}

function testCodes(state) {
  return new Map(state.requests.rows
    .filter((one) => typeof one.envelope?.test_event_code === "string")
    .map((one) => [one.n, one.envelope.test_event_code]));
}

function eventRow(row, event, code, state) {
  const open = () => openEvent(event);
  const name = el("button", {
    type: "button", class: "open", "data-act": "open", title: t("events.open", { n: event.n }), onclick: open,
  }, nameOf(event));
  return row([
    line(event.n), line(time(event.received_at_ms, state.clock.now_ms)), name, originTag(event.origin), line(event.dataset),
    keyTags(event), matchedWords(event), copyWords(event), code ? tag(code, "test") : null,
  ], { class: event.copy_of ? "is-copy" : null, onclick: (click) => { if (!click.target.closest("a, button")) open(); } });
}

export const nameOf = (event) => String(event.event?.event_name ?? "–");

/** Server or browser, told apart by a sign as well as by colour. */
export const originTag = (origin) =>
  tag(`${origin === "server" ? "▤" : "◍"} ${t(`side.${origin}`)}`, origin);

/** Keys that nearly every event has, and that find nobody alone. */
export const isWeak = (key) => key === "client_ip_address" || key === "client_user_agent";

/** The keys of user_data that are not empty, the weak ones last. */
export function matchKeys(event) {
  const user = event.event?.user_data;
  const given = (value) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
  const keys = user && typeof user === "object" ? Object.keys(user).filter((key) => given(user[key])) : [];
  return keys.sort((one, other) => isWeak(one) - isWeak(other));
}

function keyTags(event) {
  const keys = matchKeys(event);
  const shown = keys.slice(0, KEYS_IN_ROW).map((key) => tag(key, "", known(`key.${key}`) ?? null));
  return keys.length > shown.length ? [...shown, tag(`+${keys.length - shown.length}`)] : shown;
}

function matchedWords(event) {
  if (!event.matched) return null;
  const { person, by } = event.matched;
  return [
    line(`✓ ${t("events.person", { id: String(person) })}`),
    by?.length ? el("span", { class: "small" }, t("events.by", { key: [by].flat().join(", ") })) : null];
}

function copyWords(event) {
  if (!event.copy_of) return null;
  const { n, by } = event.copy_of;
  return el("a", { href: `#events/${n}` }, `↳ ${t("events.copyof", { n, key: known(`by.${by}`) ?? by })}`);
}

export function openEvent(event) {
  const happened = Number(event.event?.event_time) * 1000;
  const ago = event.received_at_ms - happened;
  openPanel(t("events.panel", { n: event.n, name: nameOf(event) }), t("close"),
    el("p", {}, originTag(event.origin), ` ${event.dataset} · `, time(event.received_at_ms),
      ago >= 1000 ? ` · ${t("events.happened", { span: span(ago) })}` : "",
      " · ", el("a", { href: `#requests/${event.request}`, onclick: () => document.getElementById("panel").close() }, t("events.request", { n: event.request }))),
    event.diagnostics?.length
      ? [el("h3", {}, t("events.diagnostics")), el("ul", { class: "remarks" }, event.diagnostics.map((text) => el("li", {}, text)))]
      : null,
    jsonBlock(t("json"), event.event));
}

function goTo(state, body, n) {
  const row = [...body.children].find((one) => one.dataset.key === String(n));
  if (!row) {
    openPanel(t("events.panel", { n, name: "–" }), t("close"), el("p", {}, t("events.gone", { n })));
    return;
  }
  row.scrollIntoView({ block: "center" });
  row.querySelector("button").focus();
}
