// What an empty sandbox says: how to send a first event, and how to try one's own webhook.

import { el } from "/sandbox/page/dom.js";
import { t } from "/sandbox/page/language.js";

export function emptySandbox(state) {
  const dataset = state.dataset || state.datasets[0]?.id;
  const steps = dataset
    ? [
        [t("start.token"), firstEvent(dataset)],
        [t("start.browser"), `curl '${location.origin}/tr?id=${dataset}&ev=PageView&eid=first-1'`]]
    : [[t("start.nodataset"), firstDataset()]];
  steps.push([t("start.hook"), "kopru sandbox hook --list"]);
  return el("section", { class: "start" },
    el("h2", {}, t("start.title")),
    el("ol", {}, steps.map(([text, command]) => el("li", {}, el("p", {}, text), commandLine(command)))));
}

function commandLine(command) {
  const button = el("button", {
    type: "button",
    onclick: () => navigator.clipboard?.writeText(command).then(() => {
      button.textContent = t("start.copied");
    }),
  }, t("start.copy"));
  return el("div", { class: "command" }, el("pre", { tabindex: "0" }, command), button);
}

function firstEvent(dataset) {
  const event = {
    event_name: "Lead", event_time: "NOW", event_id: "first-1", action_source: "website",
    event_source_url: `${location.origin}/shop`,
    user_data: {
      em: ["973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"],
      client_user_agent: "curl",
    },
  };
  const body = JSON.stringify({ access_token: "TOKEN", data: [event] }).replace('"NOW"', `'$(date +%s)'`);
  return `curl ${location.origin}/v25.0/${dataset}/events \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

function firstDataset() {
  const body = JSON.stringify({ id: "1234567890", name: "Shop", token: "TOKEN" });
  return `curl ${location.origin}/sandbox/datasets \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}
