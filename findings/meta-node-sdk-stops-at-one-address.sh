#!/usr/bin/env bash
# Meta's SDK for Node sends none of a request's events if one customer's e-mail has an internationalised domain.
#
# Versions: npm facebook-nodejs-business-sdk 24.0.1 (with email-validator 2.0.4), PyPI facebook-business 26.0.3
#   (Node 20.20.2, Python 3.11).
# Behaviour: `EventRequest.execute()` of the SDK for Node makes all events before it sends any, and making one
#   throws at an address such as info@müller.example, which is a valid one (RFC 6531): nothing of the
#   request leaves, and the message of the error repeats the address, which then stands in the log. Written as
#   the domain is registered (xn--mller-kva.example) it is taken. The SDK for Python takes and hashes both, and
#   the two spellings of one mailbox get two hashes.
# Output seen:
#   Node: one of three addresses is internationalised: Error, 0 requests, the message holds the address
#   Node: the same domain as registered: 1 request of 3 events
#   Python: info@müller.example is 99f37f5c…, info@xn--mller-kva.example a49cd0eb…
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save facebook-nodejs-business-sdk@24.0.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check facebook-business==26.0.3

cat >batch.js <<'JAVASCRIPT'
const { EventRequest, FacebookAdsApi, ServerEvent, UserData } = require("facebook-nodejs-business-sdk");

let requests = [];
FacebookAdsApi.prototype.call = (method, path, params) => {
  const { data } = params;
  requests.push((typeof data === "string" ? JSON.parse(data) : data).length);
  return Promise.resolve({ events_received: requests.at(-1), fbtrace_id: "x", messages: [] });
};

async function send(third) {
  requests = [];
  const events = ["ada@shop.example", "ben@shop.example", third].map((address) =>
    new ServerEvent().setEventName("Lead").setEventTime(1).setUserData(new UserData().setEmail(address)));
  try {
    await new EventRequest("token", "1").setEvents(events).execute();
    return { requests };
  } catch (error) {
    return { error: error.name, repeats: error.message.includes(third), requests };
  }
}

(async () => {
  const [as_written, as_registered] = [await send("info@müller.example"), await send("info@xn--mller-kva.example")];
  console.log(JSON.stringify({ as_written, as_registered }));
})();
JAVASCRIPT

cat >hashes.py <<'PYTHON'
import json

from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData

addresses = ["info@müller.example", "info@xn--mller-kva.example"]
events = [Event(event_name="Lead", event_time=1, user_data=UserData(email=one)) for one in addresses]
print(json.dumps([event.normalize()["user_data"]["em"] for event in events]))
PYTHON

node batch.js >node.json 2>errors || { cat errors; exit 1; }
venv/bin/python hashes.py >python.json
cat node.json python.json
python3 - <<'PYTHON'
import json

node, python = json.load(open("node.json")), json.load(open("python.json"))
assert node["as_written"] == {"error": "Error", "repeats": True, "requests": []}, node
assert node["as_registered"] == {"requests": [3]}, node
assert len(python) == 2 and python[0] != python[1], python
PYTHON
echo "as seen: one internationalised address stops the whole request of the SDK for Node"
