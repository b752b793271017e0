// What a page needs of Meta's pixel script to be tried against the sandbox: fbq("init" | "track" |
// "trackCustom" | "trackSingle" | "consent" | "set"), event ids, the cookies _fbp and _fbc, and advanced
// matching. It reports to /tr of the host that it was loaded from.
(() => {
  "use strict";
  const endpoint = new URL("/tr/", document.currentScript.src).href;
  const pixels = new Map();
  const held = [];
  let allowed = true;
  const days90 = 90 * 24 * 3600;

  const cookie = (name) =>
    document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);

  const write = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=${days90}; SameSite=Lax`;
    return value;
  };

  const labels = Math.max(0, location.hostname.split(".").length - 1);
  const index = /^[\d.]+$/.test(location.hostname) ? 0 : Math.min(1, labels);

  const browserId = () =>
    cookie("_fbp") ?? write("_fbp", `fb.${index}.${Date.now()}.${Math.floor(Math.random() * 1e18)}`);

  const clickId = () => {
    const clicked = new URLSearchParams(location.search).get("fbclid");
    const known = cookie("_fbc");
    if (!clicked || known?.split(".")[3] === clicked) return known;
    return write("_fbc", `fb.${index}.${Date.now()}.${clicked}`);
  };

  const hash = async (text) => {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const matching = async (user) => {
    const hashed = {};
    for (const [key, value] of Object.entries(user ?? {})) {
      const text = String(value ?? "").trim().toLowerCase();
      if (!text) continue;
      const ready = /^[0-9a-f]{64}$/.test(text) || key === "external_id" || !globalThis.crypto?.subtle;
      hashed[key] = ready ? text : await hash(key === "ph" ? text.replace(/\D/g, "") : text);
    }
    return hashed;
  };

  const send = async (id, name, data, options) => {
    const form = new URLSearchParams({
      id, ev: name, dl: location.href, rl: document.referrer, if: "false", ts: Date.now(),
      sw: screen.width, sh: screen.height, v: "sandbox", r: "stable",
    });
    for (const [key, value] of Object.entries(data ?? {})) {
      form.append(`cd[${key}]`, typeof value === "object" ? JSON.stringify(value) : value);
    }
    for (const [key, value] of Object.entries(await pixels.get(id))) form.append(`ud[${key}]`, value);
    form.append("fbp", browserId());
    const click = clickId();
    if (click) form.append("fbc", click);
    const eventId = options?.eventID ?? options?.event_id;
    if (eventId) form.append("eid", eventId);
    await fetch(endpoint, { method: "POST", body: form, keepalive: true, mode: "cors" });
  };

  const report = (ids, name, data, options) => {
    for (const id of ids) {
      if (allowed) send(id, name, data, options).catch(() => {});
      else held.push([id, name, data, options]);
    }
  };

  const commands = {
    init(id, user) {
      pixels.set(String(id), matching(user));
      browserId();
      clickId();
    },
    track: (name, data, options) => report([...pixels.keys()], name, data, options),
    trackCustom: (name, data, options) => report([...pixels.keys()], name, data, options),
    trackSingle: (id, name, data, options) => report([String(id)], name, data, options),
    trackSingleCustom: (id, name, data, options) => report([String(id)], name, data, options),
    consent(what) {
      allowed = what === "grant";
      if (allowed) for (const one of held.splice(0)) report([one[0]], ...one.slice(1));
    },
    set() {},
  };

  const call = (name, ...rest) => commands[name]?.(...rest);
  const waiting = globalThis.fbq?.queue ?? [];
  // Meta's snippet hands on to callMethod, so that also a page that kept its function reaches this script.
  const fbq = globalThis.fbq ?? ((...all) => call(...all));
  fbq.callMethod = call;
  fbq.loaded = true;
  fbq.version = "2.0";
  fbq.queue = [];
  globalThis.fbq = globalThis._fbq = fbq;
  for (const all of waiting) call(...all);
})();
