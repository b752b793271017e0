// Keeps the page up to date while it is looked at, and leaves it alone while somebody reads a detail.
const EVERY_MS = 3000;

async function refresh() {
  const live = document.getElementById("live");
  const busy = document.hidden || live.querySelector("details[open]") || live.contains(document.activeElement);
  if (busy) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (fresh) live.replaceWith(fresh);
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
