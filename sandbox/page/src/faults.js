// What goes wrong on demand, and the sandbox's clock.

import { remove, send } from "/sandbox/page/api.js";
import { el, keep, line, table } from "/sandbox/page/dom.js";
import { known, number, percent, t, time } from "/sandbox/page/language.js";

const EXAMPLES = [
  "error:190/463", "error:613,times=3", "error:2,rate=0.5", "html:502,times=1", "outage:30", "latency:3000",
  "short:1,times=1", "slow-read:100", "close-before,times=1", "close-after,times=1", "timeout-before,times=1",
  "timeout-after,times=1", "reset,times=1", "error:429,side=kommo,times=1",
];
const QUARTER_S = 900;
const DAY_S = 86_400;
const SPEEDS = [1, 60, 3600, 86_400];

export function build(state) {
  const says = el("p", { role: "status", class: "says" });
  const act = async (what, done = "") => {
    try {
      await what();
      says.textContent = done;
      says.className = "says";
    } catch (error) {
      says.textContent = `✕ ${error.message}`;
      says.className = "says bad";
    }
    state.refresh();
  };
  const faults = faultPart(state, act, says);
  const clock = clockPart(state, act);
  const node = el("div", { class: "halves" }, clock.node, faults.node);
  return { node, update: () => { faults.update(); clock.update(); } };
}

function faultPart(state, act, says) {
  const input = el("input", { id: "fault", list: "fault-examples", required: true, autocomplete: "off", spellcheck: "false", placeholder: EXAMPLES[1] });
  const form = el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      void act(() => send("faults", input.value.trim()), t("faults.added"));
    },
  },
    el("label", { for: "fault" }, t("faults.label")), input,
    el("datalist", { id: "fault-examples" }, EXAMPLES.map((text) => el("option", { value: text }))),
    el("button", { type: "submit" }, t("faults.add")),
    el("button", { type: "button", onclick: () => act(() => remove("faults")) }, t("faults.clear")));
  const { node: list, body, row } = table(t("faults.caption"), [t("faults.rule"), t("faults.side"), t("faults.meaning"), t("faults.limits")]);
  const none = el("p", { class: "quiet" }, t("faults.none"));
  const node = el("section", { class: "cards" }, el("h2", {}, t("faults.title")), el("p", { class: "quiet" }, t("faults.intro")), form, says, none, list);
  function update() {
    none.hidden = state.faults.length > 0;
    list.hidden = !none.hidden;
    keep(body, state.faults.map((rule, place) => ({ rule, place })), ({ place }) => place, ({ rule }) =>
      row([el("code", {}, ruleText(rule)), line(rule.side === "kommo" ? "Kommo" : "Graph"), known(`fault.${rule.fault}`) ?? rule.fault, limitsOf(rule)]));
  }
  return { node, update };
}

/** The rule as `--fault` takes it; a fixed answer has no such form. */
function ruleText(rule) {
  const argument = {
    html: rule.status, error: [rule.code, rule.subcode].filter((code) => code !== null && code !== undefined).join("/"),
    latency: rule.ms, short: rule.received, slow_read: rule.bytes_per_s, answer: rule.status,
  }[rule.fault];
  const name = rule.fault.replaceAll("_", "-");
  const first = argument === undefined ? name : `${name}:${argument}`;
  const more = ["dataset", "times", "rate", "seconds"].filter((key) => rule[key] !== null && rule[key] !== undefined).map((key) => `${key}=${rule[key]}`);
  return [first, ...more, ...(rule.side === "kommo" ? ["side=kommo"] : [])].join(",");
}

function limitsOf(rule) {
  const limits = [
    rule.times ? t("faults.times", { n: number(rule.times) }) : null,
    rule.rate === null ? null : t("faults.rate", { share: percent(rule.rate, 1) }),
    rule.seconds === null ? null : t("faults.seconds", { n: rule.seconds }),
    rule.dataset === null ? null : t("faults.dataset", { id: rule.dataset })].filter(Boolean);
  return limits.length ? limits.join(", ") : t("faults.always");
}

function clockPart(state, act) {
  const shows = el("strong", { class: "big" });
  const jump = (seconds, words) =>
    el("button", { type: "button", onclick: () => act(() => send("clock", { advance_s: seconds })) }, words);
  const speed = el("select", { id: "speed", onchange: () => act(() => send("clock", { speed: Number(speed.value) })) });
  const node = el("section", {},
    el("h2", {}, t("clock.title")), el("p", { class: "quiet" }, t("clock.intro")),
    el("p", {}, `${t("clock.shows")} `, shows),
    el("p", { class: "row" }, jump(QUARTER_S, t("clock.quarter")), jump(DAY_S, t("clock.day")),
      el("label", { for: "speed" }, t("clock.speed")), speed));
  function update() {
    shows.textContent = time(state.clock.now_ms);
    const speeds = [...new Set([...SPEEDS, state.clock.speed])].sort((one, other) => one - other);
    keep(speed, speeds, (one) => one, (one) =>
      el("option", { value: one }, one === 1 ? t("clock.real") : t("clock.times", { n: number(one, Number.isInteger(one) ? 0 : 1) })));
    if (document.activeElement !== speed) speed.value = String(state.clock.speed);
  }
  return { node, update };
}
