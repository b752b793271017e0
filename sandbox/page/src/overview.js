// Overview: what came of each event name, how well it matched, and what Meta would complain about.

import { bar, el, keep, line, table, tag } from "/sandbox/page/dom.js";
import { isWeak } from "/sandbox/page/events.js";
import { currentLanguage, known, money, number, percent, t } from "/sandbox/page/language.js";
import { emptySandbox } from "/sandbox/page/start.js";

/** Datasets shown at a time. */
export const MOST_DATASETS = 50;
/** Keys shown in a row; the others are in the row below. */
const KEYS_IN_ROW = 4;

export function build(state) {
  const node = el("div", { class: "overview" });
  const opened = new Set();
  const flip = (id) => {
    if (!opened.delete(id)) opened.add(id);
    update();
  };
  function update() {
    const sections = sectionsOf(state);
    if (!sections.some((one) => one.names.length) && !state.events.count) {
      keep(node, [state.datasets], () => "start", () => emptySandbox(state));
      return;
    }
    keep(node, sections, (one) => one.id, (one) => sectionOf(one, state), (one) => `${one.id}${one.title}${one.names.length > 0}`);
    for (const [place, one] of sections.entries()) fillSection(node.children[place], one, state, opened, flip);
  }
  return { node, update };
}

/** The datasets with something in them; if one is chosen, that one. */
function sectionsOf(state) {
  const ids = new Set([...state.datasets.map((one) => one.id), ...Object.keys(state.tallies)]);
  const chosen = [...ids].filter((id) => (state.dataset ? id === state.dataset : true));
  return chosen
    .map((id) => {
      const dataset = state.datasets.find((one) => one.id === id) ?? { id };
      const tallies = Object.entries(state.tallies[id] ?? {});
      const names = tallies.map(([name, tally]) => ({ name, tally, quality: state.quality[id]?.[name] }));
      names.sort((one, other) => total(other.tally) - total(one.tally));
      return { id, title: dataset.name || id, links: linksOf(dataset), names };
    })
    .sort((one, other) => eventsOf(other) - eventsOf(one))
    .slice(0, MOST_DATASETS);
}

const eventsOf = (section) => section.names.reduce((all, one) => all + total(one.tally), 0);
const total = (tally) => tally.server + tally.browser;
const sum = (values) => Object.values(values).reduce((all, one) => all + one, 0);

function linksOf(dataset) {
  const links = [["links.page", dataset.page_id], ["links.waba", dataset.waba_id], ["links.instagram", dataset.ig_account_id]]
    .filter(([, id]) => id)
    .map(([key, id]) => t(key, { id }));
  return links.length ? links.join(" · ") : t("links.none");
}

const columns = (state) => [
  t("event"), t("overview.received"), t("overview.copies"), t("overview.matched"),
  ...(state.hasQuality ? [t("overview.score")] : []),
  t("overview.keys"), t("overview.coverage"), t("overview.delay"), t("overview.value"), t("overview.remarks"),
];

function sectionOf(one, state) {
  const head = el("div", { class: "section-head" },
    el("h2", {}, one.title),
    el("p", {}, [one.title === one.id ? null : one.id, one.links].filter(Boolean).join(" · ")));
  if (!one.names.length) return el("section", {}, head, el("p", { class: "quiet" }, t("overview.none")));
  const { node, body, row } = table(t("overview.caption", { dataset: one.title }), columns(state));
  const section = el("section", { class: "cards" }, head, node);
  section.fill = (names, opened, flip) => keep(body,
    names.flatMap((name) => (name.isOpen ? [name, { ...name, detail: true }] : [name])),
    (name) => `${name.detail ? "detail" : "row"} ${name.name}`,
    (name) => (name.detail ? detailRow(name, columns(state).length) : nameRow(row, name, state, () => flip(name.id))),
    (name) => JSON.stringify(name) + currentLanguage() + state.hasQuality);
  return section;
}

function fillSection(section, one, state, opened, flip) {
  const names = one.names.map((name) => {
    const id = `${one.id} ${name.name}`;
    return { ...name, id, isOpen: opened.has(id) };
  });
  section.fill?.(names, opened, flip);
}

function nameRow(row, one, state, flip) {
  const { tally, quality } = one;
  const name = el("button", {
    type: "button", class: "open", "data-act": "open", "aria-expanded": String(one.isOpen), onclick: flip,
  }, one.name || "–");
  const received = [
    line(`${t("side.server")} ${number(tally.server)}`),
    line(`${t("side.browser")} ${number(tally.browser)}`)];
  const copies = sum(tally.copies);
  return row([
    name, received,
    copies ? [line(number(copies)), tally.pairs ? small(t("overview.pairs", { n: number(tally.pairs) })) : null] : null,
    tally.server ? [el("span", { class: "line", title: t("overview.matched.help") }, percent(tally.matched, tally.server)), bar(tally.matched / tally.server)] : null,
    ...(state.hasQuality ? [scoreOf(quality)] : []),
    keysOf(tally), coverageOf(tally, quality),
    tally.server && sum(tally.delays) ? small(t("overview.minute", { share: percent(tally.delays[0], sum(tally.delays)) })) : null,
    Object.entries(tally.values).map(([currency, value]) => line(money(value, currency))),
    remarksOf(tally),
  ], { class: one.isOpen ? "is-open" : null });
}

const small = (text) => el("span", { class: "small" }, text);

function scoreOf(quality) {
  const score = quality?.event_match_quality?.composite_score;
  if (typeof score !== "number") return null;
  return [el("span", { class: "line", title: t("overview.score.help") }, el("strong", {}, number(score, 1)), " / 10"), bar(score / 10)];
}

function keysOf(tally) {
  const keys = byStrength(tally.keys, tally.matched_by);
  const shown = keys.slice(0, KEYS_IN_ROW).map(([key, n]) =>
    tag(`${key} ${percent(n, tally.server)}`, "", known(`key.${key}`) ?? key));
  const more = keys.length - shown.length;
  return more > 0 ? [...shown, small(t("overview.more", { n: more }))] : shown;
}

function coverageOf(tally, quality) {
  if (!tally.browser) return null;
  const told = quality?.event_coverage?.percentage;
  const share = typeof told === "number" ? told / 100 : tally.web / tally.browser;
  return [
    el("span", { class: "line", title: t("overview.coverage.help") }, percent(share, 1)),
    bar(share), share < 0.75 ? small(t("overview.goal")) : null];
}

function remarksOf(tally) {
  const count = Object.keys(tally.remarks).length;
  return count ? tag(`⚠ ${number(count)}`, "warn", Object.keys(tally.remarks).join("\n")) : null;
}

/** Those that found most people first, and those that nearly every event has last. */
const byStrength = (keys, found) => sorted(keys).sort(([one], [other]) =>
  isWeak(one) - isWeak(other) || (found[other] ?? 0) - (found[one] ?? 0));
const sorted = (counts) => Object.entries(counts).sort(([, one], [, other]) => other - one);

function detailRow({ tally }, width) {
  return el("tr", { role: "row", class: "detail" }, el("td", { role: "cell", colspan: width }, el("div", { class: "boxes" },
    tally.server ? keysTable(tally) : el("p", { class: "quiet" }, t("detail.noserver")),
    el("div", {},
      tally.server ? shares(t("detail.delays"), tally.delays.map((n, place) => [t(`delay.${place}`), n]), tally.server) : null,
      dedupTable(tally),
      sum(tally.copies) ? shares(t("detail.copies"), sorted(tally.copies).map(([by, n]) => [known(`by.${by}`) ?? by, n])) : null),
    remarksList(tally))));
}

function keysTable(tally) {
  const { node, body, row } = table(t("detail.keys"), [t("detail.key"), t("detail.came"), t("detail.found")]);
  const found = new Set([...Object.keys(tally.keys), ...Object.keys(tally.matched_by)]);
  const keys = byStrength(Object.fromEntries([...found].map((key) => [key, tally.keys[key] ?? 0])), tally.matched_by);
  body.append(...keys.map(([key, n]) => {
    const label = known(`key.${key}`);
    return row([
      [el("code", {}, key), label ? small(label) : null],
      [line(percent(n, tally.server)), bar(n / tally.server)],
      tally.matched_by[key] ? number(tally.matched_by[key]) : null]);
  }));
  return el("div", { class: "plain" }, node);
}

function shares(caption, pairs, whole) {
  const columnsShown = [t("detail.share"), t("detail.events")];
  const { node, body, row } = table(caption, ["", columnsShown[1], ...(whole ? [columnsShown[0]] : [])]);
  body.append(...pairs.map(([text, n]) => row([text, number(n), ...(whole ? [percent(n, whole)] : [])])));
  return el("div", { class: "plain" }, node);
}

function dedupTable(tally) {
  if (!tally.browser) return null;
  const { node, body, row } = table(t("detail.dedup"), [t("detail.key"), t("side.server"), t("side.browser")]);
  body.append(...Object.entries(tally.dedup_keys).map(([key, [server, browser]]) =>
    row([el("code", {}, key), percent(server, tally.server), percent(browser, tally.browser)])));
  return el("div", { class: "plain" }, node);
}

function remarksList(tally) {
  const remarks = sorted(tally.remarks);
  return el("div", {}, el("h3", {}, t("detail.remarks")), remarks.length
    ? el("ul", { class: "remarks" }, remarks.map(([text, n]) => el("li", {}, el("strong", {}, `${number(n)} × `), text)))
    : el("p", { class: "quiet" }, t("detail.noremarks")));
}
