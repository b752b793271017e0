// The frame of the page: which view and dataset are shown, and reading what is new.

import { Feed, MOST_ROWS, read } from "/sandbox/page/api.js";
import { el } from "/sandbox/page/dom.js";
import * as events from "/sandbox/page/events.js";
import * as faults from "/sandbox/page/faults.js";
import * as kommo from "/sandbox/page/kommo.js";
import {
  LANGUAGES, chooseLanguage, currentLanguage, rememberLanguage, t, time, useLanguage,
} from "/sandbox/page/language.js";
import * as overview from "/sandbox/page/overview.js";
import * as pairs from "/sandbox/page/pairs.js";
import * as requests from "/sandbox/page/requests.js";

/** Pause between two readings. */
const PAUSE_MS = 1000;
const VIEWS = { overview, events, pairs, requests, faults, kommo };

/** Everything the views read. */
const state = {
  live: true,
  /** The chosen dataset; empty for all. */
  dataset: new URLSearchParams(location.search).get("dataset") ?? "",
  datasets: [],
  events: new Feed(),
  requests: new Feed(),
  kommoRequests: [],
  kommoLeft: 0,
  deliveries: { deliveries: [], left: 0, unsent: 0 },
  tallies: {},
  quality: {},
  hasQuality: true,
  faults: [],
  clock: { now_ms: Date.now(), speed: 1 },
  refresh: () => void tick(),
};
let view;
let viewName;
let timer;
let round = 0;

const byId = (id) => document.getElementById(id);

function buildFrame() {
  document.title = t("title");
  byId("skip").textContent = t("skip");
  const select = el("select", { id: "dataset", onchange: (event) => chooseDataset(event.target.value) });
  const language = el("select", { id: "language", onchange: (event) => changeLanguage(event.target.value) },
    Object.entries(LANGUAGES).map(([code, name]) =>
      el("option", { value: code, lang: code, selected: code === currentLanguage() }, name)));
  const live = el("button", {
    type: "button", role: "switch", id: "live", title: t("live.help"), onclick: () => setLive(!state.live),
  });
  byId("top").replaceChildren(
    el("div", { class: "brand" }, el("h1", {}, t("title")), el("p", {}, t("subtitle"))),
    el("div", { class: "tools" },
      el("label", {}, el("span", {}, t("dataset")), select),
      el("label", {}, el("span", {}, t("language")), language),
      el("p", { class: "clock" }, el("span", {}, t("clock")), el("span", { id: "clock" })),
      live));
  byId("views").setAttribute("aria-label", t("views"));
  byId("views").replaceChildren(...Object.keys(VIEWS).map((name) =>
    el("a", { href: `#${name}`, "data-view": name }, t(`view.${name}`), el("span", { class: "count" }))));
  listDatasets();
  showLive();
}

function listDatasets() {
  const select = byId("dataset");
  const listed = state.datasets.map((one) => [one.id, one.name ? `${one.name} · ${one.id}` : one.id]);
  if (state.dataset && !state.datasets.some((one) => one.id === state.dataset)) {
    listed.push([state.dataset, state.dataset]);
  }
  const wanted = JSON.stringify(listed);
  if (select.dataset.mark === wanted && select.options.length) return;
  select.dataset.mark = wanted;
  select.replaceChildren(...[["", t("dataset.all")], ...listed].map(([id, text]) =>
    el("option", { value: id, selected: id === state.dataset }, text)));
}

function changeLanguage(chosen) {
  rememberLanguage(chosen);
  useLanguage(chosen);
  const address = new URL(location.href);
  address.searchParams.set("lang", chosen);
  history.replaceState(null, "", address);
  buildFrame();
  byId("language").focus();
  showView();
}

function chooseDataset(id) {
  state.dataset = id;
  const address = new URL(location.href);
  if (id) address.searchParams.set("dataset", id);
  else address.searchParams.delete("dataset");
  history.replaceState(null, "", address);
  forget();
  showView();
  void tick();
}

function forget() {
  round += 1;
  state.events = new Feed();
  state.requests = new Feed();
  state.tallies = {};
}

function setLive(live) {
  state.live = live;
  showLive();
  if (live) void tick();
}

function showLive() {
  const button = byId("live");
  button.setAttribute("aria-checked", String(state.live));
  button.textContent = t(state.live ? "live" : "paused");
}

/** The view that the address names, as in `#events` or `#events/12`. */
function showView() {
  const [name, detail] = location.hash.slice(1).split("/");
  viewName = Object.hasOwn(VIEWS, name) ? name : "overview";
  for (const link of byId("views").children) {
    if (link.dataset.view === viewName) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  view = VIEWS[viewName].build(state);
  byId("main").replaceChildren(view.node);
  update();
  if (detail) view.goTo?.(Number(detail));
}

function update() {
  listDatasets();
  const { now_ms, speed } = state.clock;
  byId("clock").textContent = time(now_ms, Date.now()) + (speed > 1 ? ` ×${speed}` : "");
  const counts = {
    events: most(state.events.rows.length), pairs: most(pairs.of(state).length),
    requests: most(state.requests.rows.filter(requests.wentWrong).length, "✕ "), faults: most(state.faults.length),
    kommo: most(state.kommoRequests.length),
  };
  for (const link of byId("views").children) {
    link.querySelector(".count").textContent = counts[link.dataset.view];
  }
  view.update();
}

/** A count as far as the page counts; nothing for none. */
const most = (count, sign = "") => (count ? `${sign}${count >= MOST_ROWS ? `${MOST_ROWS}+` : count}` : "");

async function tick() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    await readNew(() => mine === round);
    if (mine !== round) return;
    say("");
    update();
  } catch (error) {
    if (mine !== round) return;
    console.warn(error);
    say(t("unreachable"));
  }
  if (state.live && !document.hidden) timer = setTimeout(tick, PAUSE_MS);
}

function say(text) {
  if (byId("state").textContent !== text) byId("state").textContent = text;
}

async function readNew(stillWanted) {
  const of = state.dataset ? `&dataset=${encodeURIComponent(state.dataset)}` : "";
  const part = (feed) => `?after=${feed.after}&limit=${MOST_ROWS}${of}`;
  const [listed, seen, asked, tallies, faultList, clock, deliveries] = await Promise.all([
    read("datasets"), read(`events${part(state.events)}`), read(`requests${part(state.requests)}`),
    read(`tallies?${of}`), read("faults"), read("clock"), read("kommo/deliveries"),
  ]);
  if (!stillWanted()) return;
  const changed = JSON.stringify(tallies.tallies) !== JSON.stringify(state.tallies);
  Object.assign(state, {
    datasets: listed.datasets, tallies: tallies.tallies, faults: faultList.faults, clock, deliveries,
    kommoRequests: asked.kommo, kommoLeft: asked.left.kommo_requests,
  });
  state.requests.take(asked.graph, asked.count, asked.left.graph_requests);
  const fresh = state.events.take(seen.events, seen.count, seen.left);
  // A browser's event can make an earlier one its copy, so what was read before is read again.
  if (fresh === true && seen.events.some((event) => event.origin === "browser")) await readEventsAgain(of, stillWanted);
  if (changed && state.hasQuality) await readQuality(stillWanted);
}

async function readEventsAgain(of, stillWanted) {
  const again = await read(`events?limit=${MOST_ROWS}${of}`);
  if (!stillWanted()) return;
  state.events.clear();
  state.events.take(again.events, again.count, again.left);
}

/** The scores, as Graph's dataset_quality tells them. */
async function readQuality(stillWanted) {
  const quality = {};
  try {
    for (const id of Object.keys(state.tallies).slice(0, overview.MOST_DATASETS)) {
      const answer = await read(`quality?dataset=${encodeURIComponent(id)}`);
      quality[id] = Object.fromEntries((answer.web ?? []).map((one) => [one.event_name, one]));
    }
  } catch (error) {
    if (error.status !== 404) throw error;
    state.hasQuality = false;
  }
  if (stillWanted()) state.quality = quality;
}

addEventListener("hashchange", showView);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && state.live) void tick();
});
chooseLanguage();
buildFrame();
showView();
void tick();
