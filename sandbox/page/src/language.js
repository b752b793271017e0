// The language of the page, and how it writes numbers, times and spans.

import { codes } from "/sandbox/page/codes.js";
import { words } from "/sandbox/page/words.js";

export const LANGUAGES = { en: "English", tr: "Türkçe" };

let language = "en";

/** The language of the address (`?lang=`), the one chosen before, or the browser's. */
export function chooseLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, stored(), ...navigator.languages.map((one) => one.slice(0, 2).toLowerCase())];
  useLanguage(wanted.find((one) => Object.hasOwn(LANGUAGES, one ?? "")) ?? "en");
}

export function useLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
}

export function rememberLanguage(chosen) {
  try {
    localStorage.setItem("sandbox-language", chosen);
  } catch { /* A browser that keeps nothing asks again. */ }
}

function stored() {
  try {
    return localStorage.getItem("sandbox-language");
  } catch {
    return null;
  }
}

export const currentLanguage = () => language;

/** The words of a key, with `{name}` replaced. */
export function t(key, values = {}) {
  return words[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** What a code of Graph means: its subcode, if that is known, or else the code itself. */
export const meaning = (code, subcode) => codes[language][subcode] ?? codes[language][code];

/** Words for something that may be unknown, such as a key that somebody made up. */
export const known = (key) => (Object.hasOwn(words[language], key) ? words[language][key] : undefined);

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** `part` of `whole` in percent; a dash where there is no whole. */
export function percent(part, whole) {
  return whole > 0
    ? new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(part / whole)
    : "–";
}

/** A sum of money. The currency is what somebody sent, so it need not exist. */
export function money(value, currency) {
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency }).format(value);
  } catch {
    return `${number(value, 2)} ${currency}`;
  }
}

/** The time of day, and the day too unless it is that of `nowMs`. */
export function time(ms, nowMs) {
  const at = new Date(ms);
  if (!Number.isFinite(at.getTime())) return "–";
  const day = nowMs !== undefined && at.toDateString() === new Date(nowMs).toDateString()
    ? {}
    : { year: "numeric", month: "short", day: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language, { ...day, ...clock }).format(at);
}

/** A length of time in its largest two units. */
export function span(ms) {
  const units = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]];
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return `${number(ms)} ms`;
  let rest = ms;
  return units.slice(first, first + 2).flatMap(([unit, size]) => {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    return whole ? [`${number(whole)} ${t(`unit.${unit}`)}`] : [];
  }).join(" ");
}
