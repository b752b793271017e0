#!/usr/bin/env bash
# A client of Kommo's API asks for the last of several values of a filter, and for each filter twice from the
# second page on.
#
# Version: amocrm-js 3.6.0 (Node 20.20.2).
# Behaviour: the client takes the query of an address apart into an object and writes it anew. An object has each
#   key once, so that of `filter[id][]=11&filter[id][]=12&filter[id][]=13` only 13 is asked for, and the answer is
#   the right one to another question; the same goes for a plain key again, as Kommo's page on filters writes
#   them. Values with an index survive. The address of a next page, which the server gives complete, is joined
#   with the criteria of the first request; they are nested here and flat there, so that each filter is in the
#   query twice, and a long list of ids makes an address of twice the length.
# Output seen: the six lines at the end.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save amocrm-js@3.6.0 >/dev/null

cat >ask.js <<'JAVASCRIPT'
const http = require("node:http");
const https = require("node:https");
const { Client } = require("amocrm-js");

// Says what it was asked, and names the next page as Kommo does: the same query with another page.
const server = http.createServer((request, answer) => {
  const asked = new URL(request.url, "https://example.kommo.com");
  console.log(decodeURIComponent(asked.search));
  const page = Number(asked.searchParams.get("page") ?? 1);
  asked.searchParams.set("page", page + 1);
  answer.writeHead(200, { "content-type": "application/hal+json" });
  answer.end(JSON.stringify({
    _page: page,
    _links: page < 3 ? { next: { href: asked.href } } : {},
    _embedded: { leads: [{ id: 10 + page }] },
  }));
});
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  // The client speaks TLS to its account only; what it asks for is the same.
  https.request = (options, then) => http.request({ ...options, hostname: "127.0.0.1", port }, then);
  const client = new Client({ domain: "example.kommo.com", auth: { bearer: "token" } });

  await client.request.get("/api/v4/leads?filter[id][]=11&filter[id][]=12&filter[id][]=13");
  await client.request.get("/api/v4/leads?filter[pipeline_id]=1&filter[pipeline_id]=2");
  await client.request.get("/api/v4/leads?filter[id][0]=11&filter[id][1]=12");

  const pages = await client.leads.get({ page: 1, limit: 1, filter: { id: [11, 12] } });
  while (pages.hasNext()) await pages.next();
  server.close();
});
JAVASCRIPT

seen="$(node ask.js)"
echo "$seen"
test "$seen" = "?filter[id][]=13
?filter[pipeline_id]=2
?filter[id][0]=11&filter[id][1]=12
?page=1&limit=1&filter[id][0]=11&filter[id][1]=12
?page=2&limit=1&filter[id][0]=11&filter[id][1]=12&filter[id][0]=11&filter[id][1]=12
?page=3&limit=1&filter[id][0]=11&filter[id][1]=12&filter[id][0]=11&filter[id][1]=12"
