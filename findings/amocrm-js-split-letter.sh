#!/usr/bin/env bash
# A client of Kommo's API breaks letters of several bytes that come in two pieces.
#
# Version: amocrm-js 3.6.0 (Node 20.20.2).
# Behaviour: the client joins the chunks of an answer as texts. Where the border of two chunks lies within a
#   letter of several bytes, as it may in any answer that is longer than a packet, each half becomes U+FFFD:
#   names are stored and compared wrongly, and a save of the fetched record writes that back. The same answer in
#   one piece is right.
# Output seen: "one piece: right" and "two pieces: broken".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save amocrm-js@3.6.0 >/dev/null

cat >read.js <<'JAVASCRIPT'
const http = require("node:http");
const https = require("node:https");
const { Client } = require("amocrm-js");

const name = "Çiğdem";
const body = Buffer.from(JSON.stringify({ name }));
const pieces = process.argv[2] === "two" ? [body.indexOf(0xc3) + 1, body.length] : [body.length];

const server = http.createServer((request, answer) => {
  answer.writeHead(200, { "content-type": "application/hal+json" });
  let from = 0;
  pieces.forEach((to, place) => {
    const piece = body.subarray(from, to);
    setTimeout(() => (to === body.length ? answer.end(piece) : answer.write(piece)), place * 200);
    from = to;
  });
});
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  // The client speaks TLS to its account only; what it does with the answer is the same.
  https.request = (options, then) => http.request({ ...options, hostname: "127.0.0.1", port }, then);
  const client = new Client({ domain: "example.kommo.com", auth: { bearer: "token" } });
  const { data } = await client.request.get("/api/v4/account");
  console.log(`${process.argv[2]} ${pieces.length > 1 ? "pieces" : "piece"}: ${data.name === name ? "right" : "broken"}`);
  server.close();
});
JAVASCRIPT

seen="$(node read.js one; node read.js two)"
echo "$seen"
test "$seen" = "one piece: right
two pieces: broken"
