// A shop's server that reports to Kopru with Meta's Node SDK, unmodified but for host and token.
//
// Where and with which keys comes from the environment (SHOP, JSON). Whatever the SDK does not get as it would from
// Meta ends it. The ids of the events that must have arrived are printed, a line each.
'use strict';

const assert = require('assert');
const {
  AdsPixel, BatchProcessor, Content, CustomData, EventRequest, FacebookAdsApi, ServerEvent, UserData,
} = require('facebook-nodejs-business-sdk');

const SHOP = JSON.parse(process.env.SHOP);
Object.defineProperty(FacebookAdsApi, 'GRAPH', {get: () => SHOP.door});

function purchase(number, currency = 'EUR') {
  const bought = new CustomData()
    .setValue(49.9)
    .setContents([new Content().setId('sku1').setQuantity(1).setItemPrice(49.9)]);
  if (currency) bought.setCurrency(currency);
  return new ServerEvent()
    .setEventName('Purchase')
    .setEventTime(Math.floor(Date.now() / 1000) - 60)
    .setEventId(`${SHOP.name}-${number}`)
    .setEventSourceUrl('https://shop.example.com/thanks')
    .setActionSource('website')
    .setUserData(
      new UserData()
        .setEmails([` Customer.${number}@Example.com `])
        .setPhones(['+1 (650) 555-1212'])
        .setFirstNames(['Mary'])
        .setClientIpAddress('2001:4860:4860::8888')
        .setClientUserAgent('Mozilla/5.0')
        .setFbp('fb.1.1763880000000.1116446470'))
    .setCustomData(bought);
}

const range = (first, count) => Array.from({length: count}, (_, place) => first + place);

function request(events, {key = SHOP.key, dataset = SHOP.dataset} = {}) {
  return new EventRequest(key, dataset, events);
}

async function received(what, sent, count) {
  const answer = await sent.execute();
  assert.deepStrictEqual([answer.events_received, answer.messages], [count, []], what);
  assert.strictEqual(answer.fbtrace_id.length, 23, what);
}

async function raises(what, sent, status, code, subcode) {
  const error = await sent.execute().then(() => assert.fail(`${what} was not refused`), (error) => error);
  const {name, response} = error;
  const found = [name, error.status, response && response.code, response && response.error_subcode];
  assert.deepStrictEqual(found, ['FacebookRequestError', status, code, subcode], what);
}

async function story() {
  const three = range(1, 3).map((number) => purchase(number));
  await received('three events', request(three), 3);
  await received('the same again', request(three), 3);
  const labelled = request([purchase(4)]).setTestEventCode('TEST42').setPartnerAgent('shop-1');
  await received('with a test code', labelled.setUploadTag('evening'), 1);
  await received('a thousand', request(range(1000, 1000).map((number) => purchase(number))), 1000);

  const answer = await request([purchase(5), purchase(6, null), purchase(7)]).execute();
  assert.deepStrictEqual([answer.events_received, answer.messages.length], [2, 1], 'one of three is bad');
  assert.ok(answer.messages[0].startsWith('event 1 was not taken'), answer.messages[0]);
  await raises('a bad one', request([purchase(8, null)]), 400, 100, 2804010);
  await raises('a dataset of nobody', request([purchase(8)], {dataset: '999'}), 400, 100, 33);

  await new BatchProcessor(5, 2).processEvents(request([]), range(20, 20).map((number) => purchase(number)));
  FacebookAdsApi.init(SHOP.key, 'en_US', false);
  const object = await new AdsPixel(SHOP.dataset).createEvent([], {data: [purchase(10).normalize()]});
  assert.strictEqual(object._data ? object._data.events_received : object.events_received, 1);

  const proved = request([purchase(11)]);
  proved.setAppSecret('secret');
  await received('with a proof', proved, 1);
  const key = SHOP.strict_key;
  await raises('a bad one with a strict key', request([purchase(12), purchase(13, null)], {key}), 400, 100, 2804010);
  await received('a good one with a strict key', request([purchase(14)], {key}), 1);
  await raises('a wrong key', request([purchase(15)], {key: SHOP.wrong_key}), 401, 190, undefined);
  return [1, 2, 3, 4, 5, 7, 10, 11, 14, ...range(20, 20), ...range(1000, 1000)];
}

story().then(
  (numbers) => numbers.forEach((number) => console.log(`${SHOP.name}-${number}`)),
  (error) => {
    console.error(error);
    process.exit(1);
  });
