// Kommo: calls of its API, and what came of its webhooks.

import { MOST_ROWS } from "/sandbox/page/api.js";
import { el, keep, line, table, tag } from "/sandbox/page/dom.js";
import { listNotes } from "/sandbox/page/events.js";
import { number, t, time } from "/sandbox/page/language.js";

export function build(state) {
  const deliveries = part(t("kommo.deliveries"), t("kommo.nodeliveries"),
    [t("number"), t("time"), t("kommo.destination"), t("event"), t("kommo.attempt"), t("kommo.status"), t("kommo.next")]);
  const requests = part(t("kommo.requests"), t("kommo.norequests"), [t("time"), t("kommo.method"), t("kommo.path"), t("kommo.status")]);
  const node = el("div", {}, deliveries.node, requests.node);
  function update() {
    const sent = state.deliveries;
    const unsent = sent.unsent > 0 ? t("kommo.unsent", { n: number(sent.unsent) }) : "";
    deliveries.fill(sent.deliveries, sent.left, unsent, (one) => `${one.n} ${one.attempt}`, (one) => [
      line(one.n), line(time(one.sent_at_ms, state.clock.now_ms)), el("span", { class: "path" }, one.destination), one.event, number(one.attempt),
      [statusTag(one.status), one.error ? el("span", { class: "small" }, one.error) : null], nextOf(one, state)]);
    requests.fill(state.kommoRequests, state.kommoLeft, "", (one) => one.key, (one) =>
      [line(time(one.received_at_ms, state.clock.now_ms)), one.method, el("span", { class: "path" }, one.path), statusTag(one.status)]);
  }
  return { node, update };
}

function part(caption, none, labels) {
  const { node: list, body, row } = table(caption, labels);
  const notes = el("p", { class: "quiet" });
  const node = el("section", { class: "cards" }, notes, list);
  function fill(rows, left, more, keyOf, cellsOf) {
    const shown = rows.map((one, place) => ({ ...one, key: left + place })).slice(-MOST_ROWS).reverse();
    notes.textContent = [shown.length ? "" : none, listNotes(shown.length, left, "list.left.requests"), more].filter(Boolean).join(" ");
    list.hidden = !shown.length;
    keep(body, shown, keyOf, (one) => row(cellsOf(one)));
  }
  return { node, fill };
}

function statusTag(status) {
  if (status === null) return tag(`✕ ${t("requests.silent")}`, "bad");
  return status < 300 ? tag(`✓ ${status}`, "good") : tag(`✕ ${status}`, "bad");
}

function nextOf(one, state) {
  if (one.next_attempt_at_ms !== null) return line(time(one.next_attempt_at_ms, state.clock.now_ms));
  return t(one.status !== null && one.status < 300 ? "kommo.delivered" : "kommo.givenup");
}
