// Keeps the page up to date while it is looked at, and leaves it alone while somebody reads a detail.
const EVERY_MS = 3000;
const ANSWERS_WITHIN_MS = 10000;
let asking = false;

async function refresh() {
  const live = document.getElementById("live");
  const busy = document.hidden || live.querySelector("details[open]") || live.contains(document.activeElement);
  if (busy) return;
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal });
  // Signed out meanwhile: the server asks for the token.
  if (answer.status === 401) return location.reload();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (fresh) live.replaceWith(fresh);
  tell(false);
}

// Old numbers must not look like new ones.
function tell(silent) {
  document.getElementById("silent").hidden = !silent;
}

setInterval(() => {
  if (asking) return;
  asking = true;
  refresh()
    .catch(() => tell(true))
    .finally(() => (asking = false));
}, EVERY_MS);
