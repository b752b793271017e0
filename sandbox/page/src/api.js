// Reading the sandbox's control paths, and the lists that grow as they are read.

/** Rows of a list that the page holds; the sandbox may hold more. */
export const MOST_ROWS = 500;

/** The answer as JSON; an answer other than 2xx becomes an error with its status and the reason. */
async function call(path, options = {}) {
  const response = await fetch(`/sandbox/${path}`, { signal: AbortSignal.timeout(10_000), ...options });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(body.error ?? `HTTP ${response.status}`), { status: response.status });
  return body;
}

export const read = (path) => call(path);

export const send = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const remove = (path) => call(path, { method: "DELETE" });

/** The newest rows of a numbered list, which is read from where the last reading ended. */
export class Feed {
  rows = [];
  after = 0;
  count = 0;
  left = 0;

  /** Takes what came; says whether there was anything new. A smaller count means a new sandbox. */
  take(rows, count, left) {
    const restarted = count < this.count;
    Object.assign(this, { count, left });
    if (restarted) this.clear();
    else if (rows.length) {
      this.after = rows.at(-1).n;
      this.rows = this.rows.concat(rows).slice(-MOST_ROWS);
    }
    return restarted ? "restarted" : rows.length > 0;
  }

  clear() {
    this.rows = [];
    this.after = 0;
  }

  find(n) {
    return this.rows.find((row) => row.n === n);
  }
}
