// Requests to Graph and to the pixel: what came of each, and which event was to blame.

import { el, jsonBlock, keep, line, openPanel, table, tag } from "/sandbox/page/dom.js";
import { listNotes } from "/sandbox/page/events.js";
import { meaning, number, t, time } from "/sandbox/page/language.js";

/** Refused, not counted, without an answer, or met by a fault. */
export const wentWrong = (one) => one.status === null || one.status >= 400 || one.reason !== null || one.fault !== null;

export function build(state) {
  const labels = [t("number"), t("time"), t("requests.path"), t("requests.events"), t("requests.result"), t("requests.reason")];
  const { node: list, body, row } = table(t("requests.caption"), labels);
  const notes = el("p", { class: "quiet" });
  const only = el("input", { type: "checkbox", id: "only", onchange: () => update() });
  const node = el("section", { class: "feed cards" },
    el("p", {}, el("label", { class: "check" }, only, ` ${t("requests.only")}`)), notes, list);
  function update() {
    const { rows, left } = state.requests;
    const shown = (only.checked ? rows.filter(wentWrong) : rows).toReversed();
    const none = rows.length ? t("requests.noneonly") : t("requests.none");
    notes.textContent = [shown.length ? "" : none, listNotes(rows.length, left, "list.left.requests")].filter(Boolean).join(" ");
    list.hidden = !shown.length;
    keep(body, shown, (one) => one.n, (one) => requestRow(row, one, state), (one) => `${one.n}${new Date(state.clock.now_ms).toDateString()}`);
  }
  const goTo = (n) => {
    const one = state.requests.find(n);
    if (one) openRequest(one);
  };
  return { node, update, goTo };
}

function requestRow(row, one, state) {
  const open = () => openRequest(one);
  const path = el("button", { type: "button", class: "open path", "data-act": "open", title: t("requests.open", { n: one.n }), onclick: open },
    `${one.method} ${one.path}`);
  return row([
    line(one.n), line(time(one.received_at_ms, state.clock.now_ms)), path, one.events ? number(one.events) : null,
    [resultTag(one), codeOf(one) ? el("span", { class: "small" }, t("requests.code", { code: codeOf(one) })) : null],
    reasonOf(one),
  ], { onclick: (click) => { if (!click.target.closest("a, button")) open(); } });
}

const codeOf = (one) => (one.code === null ? "" : [one.code, one.subcode].filter((code) => code !== null).join(" / "));

function resultTag(one) {
  if (one.status === null) return tag(`✕ ${t("requests.silent")}`, "bad");
  if (one.status >= 500) return tag(`✕ ${one.status} ${t("requests.failed")}`, "bad");
  if (one.status >= 400) return tag(`✕ ${one.status} ${t("requests.refused")}`, "bad");
  if (one.reason !== null) return tag(`⚠ ${one.status} ${t("requests.ignored")}`, "warn");
  return tag(`✓ ${one.status} ${t(one.accepted ? "requests.taken" : "requests.answered")}`, "good");
}

function reasonOf(one) {
  return [
    one.fault === null ? null : tag(`⚡ ${t("requests.fault", { fault: one.fault })}`, "warn"),
    one.reason === null ? null : el("span", { class: "text" }, meaning(one.code, one.subcode) ?? one.reason),
    one.refused_index === null ? null : el("span", { class: "small" }, t("requests.blame", { index: one.refused_index }))].filter(Boolean);
}

function openRequest(one) {
  const means = meaning(one.code, one.subcode);
  const { refused_event: blamed, ...record } = one;
  openPanel(t("requests.panel", { n: one.n }), t("close"),
    el("p", {}, resultTag(one), " ", el("code", {}, `${one.method} ${one.path}`), " · ", time(one.received_at_ms)),
    one.fault === null ? null : el("p", {}, tag(`⚡ ${t("requests.fault", { fault: one.fault })}`, "warn")),
    means ? [el("h3", {}, t("requests.meaning")), el("p", {}, means)] : null,
    one.reason === null ? null : [el("h3", {}, t("requests.said")), el("p", {}, one.reason)],
    blamed === null ? null : jsonBlock(t("requests.event", { index: one.refused_index }), blamed),
    jsonBlock(t("requests.record"), record));
}
