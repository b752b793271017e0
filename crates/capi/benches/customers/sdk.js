// Makes of each line of a file what Meta's SDK for Node sends of it, in bodies of 1,000, a few times, and
// prints how many events it took per second in the fastest pass, after one pass to warm up:
//
//     NODE_PATH=.../node_modules node sdk.js FILE PASSES

const { readFileSync } = require('node:fs');
const { Content, CustomData, ServerEvent, UserData } = require('facebook-nodejs-business-sdk');

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line !== '');

const SETTERS = {
  em: 'setEmail', ph: 'setPhone', fn: 'setFirstName', ln: 'setLastName', ge: 'setGender',
  db: 'setDateOfBirth', ct: 'setCity', st: 'setState', zp: 'setZip', country: 'setCountry',
  external_id: 'setExternalId', client_ip_address: 'setClientIpAddress',
  client_user_agent: 'setClientUserAgent', fbc: 'setFbc', fbp: 'setFbp',
};

function normalized(line) {
  const event = JSON.parse(line);
  const user = new UserData();
  for (const [key, value] of Object.entries(event.user_data)) {
    user[SETTERS[key]](value);
  }
  const { custom_data: data } = event;
  const things = data.contents.map((thing) =>
    new Content().setId(thing.id).setQuantity(thing.quantity).setItemPrice(thing.item_price));
  const custom = new CustomData().setValue(data.value).setCurrency(data.currency)
    .setOrderId(data.order_id).setContentType(data.content_type).setContents(things);
  return new ServerEvent().setEventName(event.event_name).setEventTime(event.event_time)
    .setEventId(event.event_id).setActionSource(event.action_source)
    .setEventSourceUrl(event.event_source_url).setUserData(user).setCustomData(custom)
    .normalize();
}

/** Bytes of the bodies, and how many events the SDK throws at. */
function pass() {
  let [bytes, refused, body] = [0, 0, []];
  for (const line of lines) {
    try {
      body.push(normalized(line));
    } catch {
      refused += 1;
    }
    if (body.length === 1000) {
      bytes += JSON.stringify({ data: body }).length;
      body = [];
    }
  }
  return { bytes: bytes + JSON.stringify({ data: body }).length, refused };
}

let [best, came] = [Infinity, pass()];
for (let time = 0; time < Number(process.argv[3]); time += 1) {
  const start = process.hrtime.bigint();
  came = pass();
  best = Math.min(best, Number(process.hrtime.bigint() - start));
}
console.log(JSON.stringify({ events_per_s: (lines.length - came.refused) / best * 1e9, refused: came.refused }));
