// Meta's Node SDK against a sandbox, with nothing changed but the host.
//
// The first line on standard input is the world, as JSON: url, dataset, token, page, waba, clid.
// Every further line is a scenario, as JSON: its name under "run", and its arguments. Each is answered
// with one line: {"ok": ...}, or what the SDK threw and what the error says of it.
'use strict';

const readline = require('readline');
const {ParamBuilder} = require('capi-param-builder-nodejs');
const {
  Ad, AdAccount, AdsPixel, AppData, BatchProcessor, Content, CustomData, EventRequest, ExtendedDeviceInfo,
  FacebookAdsApi, Lead, LeadgenForm, Page, ServerEvent, UserData, WhatsAppBusinessAccount,
} = require('facebook-nodejs-business-sdk');

let WORLD;

function setHost(url) {
  Object.defineProperty(FacebookAdsApi, 'GRAPH', {get: () => url});
}

function logIn(token) {
  // The crash reporter would only add requests when a test fails.
  return FacebookAdsApi.init(token || WORLD.token, 'en_US', false);
}

const nowS = () => Math.floor(Date.now() / 1000);

// Events, made with the SDK's own classes.

/** Plain values: the SDK puts them into Meta's form and hashes them. */
function customer() {
  return new UserData()
    .setEmails([' John_Smith@gmail.com '])
    .setPhones(['+1 (650) 555-1212'])
    .setFirstNames(['Mary'])
    .setLastNames(['Smith'])
    .setGenders(['Female'])
    .setCities(['New York'])
    .setStates(['CA'])
    .setZips(['94035-1234'])
    .setCountries(['US'])
    .setExternalIds(['user-1'])
    .setClientIpAddress('2001:db8::1')
    .setClientUserAgent('Mozilla/5.0')
    .setFbc('fb.1.1763884000000.IwAR2abcDEF')
    .setFbp('fb.1.1763880000000.1116446470');
}

function purchase({number = 0, age_s = 60, value = 49.9, currency = 'EUR', user_data = customer()} = {}) {
  const bought = new CustomData()
    .setContents([new Content().setId('sku1').setQuantity(1).setItemPrice(49.9)])
    .setCustomProperties({branch: 'north'});
  if (value !== null) bought.setValue(value);
  if (currency !== null) bought.setCurrency(currency);
  return new ServerEvent()
    .setEventName('Purchase')
    .setEventTime(nowS() - age_s)
    .setEventId(`order-${number}`)
    .setEventSourceUrl('https://shop.example.com/thanks')
    .setActionSource('website')
    .setUserData(user_data)
    .setCustomData(bought);
}

async function send(events, {token, dataset, app_secret, labels = {}} = {}) {
  const request = new EventRequest(token || WORLD.token, dataset || WORLD.dataset, events);
  if (app_secret) request.setAppSecret(app_secret);
  if (labels.test_event_code) request.setTestEventCode(labels.test_event_code);
  if (labels.partner_agent) request.setPartnerAgent(labels.partner_agent);
  if (labels.upload_tag) request.setUploadTag(labels.upload_tag);
  const answer = await request.execute();
  return {events_received: answer.events_received, messages: answer.messages, trace: answer.fbtrace_id};
}

// Scenarios: events.

const scenarios = {
  web_purchase({token, dataset, app_secret, labels, count = 1, ...changes}) {
    const events = Array.from({length: count}, (_, number) => purchase({number, ...changes}));
    return send(events, {token, dataset, app_secret, labels});
  },

  too_broad() {
    const user_data = new UserData().setCities(['Paris']).setCountries(['FR']);
    return send([purchase({user_data})]);
  },

  crm_stage({lead_id}) {
    return send([
      new ServerEvent()
        .setEventName('Qualified')
        .setEventTime(nowS() - 60)
        .setActionSource('system_generated')
        .setUserData(new UserData().setLeadId(lead_id))
        .setCustomData(new CustomData().setCustomProperties({event_source: 'crm', lead_event_source: 'Kommo'})),
    ]);
  },

  /** UserData has no place for the WhatsApp Business Account, but one for the Page. */
  whatsapp({clid}) {
    return send([
      new ServerEvent()
        .setEventName('LeadSubmitted')
        .setEventTime(nowS() - 60)
        .setActionSource('business_messaging')
        .setMessagingChannel('whatsapp')
        .setUserData(new UserData().setCtwaClid(clid || WORLD.clid).setPageId(WORLD.page)),
    ]);
  },

  app_install({os_version = '17.1'}) {
    const device = new ExtendedDeviceInfo(
      'i2', 'com.example.shop', '', '', os_version, '', '', '', '', 390, 844);
    return send([
      new ServerEvent()
        .setEventName('MobileAppInstall')
        .setEventTime(nowS() - 60)
        .setActionSource('app')
        .setUserData(new UserData().setMadid('38400000-8cf0-11bd-b23e-10b96e40000d'))
        .setAppData(new AppData(true, true, undefined, undefined, device)),
    ]);
  },

  /** Events as they are, through the Pixel's own edge. */
  async raw({events, dataset}) {
    logIn();
    const answer = await new AdsPixel(dataset || WORLD.dataset).createEvent([], {data: events});
    return {events_received: answer._data.events_received};
  },

  async batches({count, size}) {
    const events = Array.from({length: count}, (_, number) => purchase({number}));
    const toClone = new EventRequest(WORLD.token, WORLD.dataset);
    await new BatchProcessor(size, 2).processEvents(toClone, events);
    return {sent: count};
  },

  own_client({app_secret, dataset}) {
    const client = {
      async executeRequest(url, method, headers, params) {
        const answer = await fetch(url, {method, headers, body: JSON.stringify(params)});
        return {status: answer.status, ...(await answer.json())};
      },
    };
    const request = new EventRequest(WORLD.token, dataset || WORLD.dataset, [purchase()])
      .setHttpService(client);
    if (app_secret) request.setAppSecret(app_secret);
    return request.execute();
  },

  /** What Meta's Parameter Builder makes of a web request and of plain values. */
  async parameter_builder() {
    const builder = new ParamBuilder(['example.com']);
    builder.processRequest('shop.example.com', {fbclid: 'IwAR2abcDEF'}, {}, null, null, '8.8.8.8');
    const hashed = (value, kind) => [builder.getNormalizedAndHashedPII(value, kind)];
    const event = purchase().normalize();
    event.user_data = {
      em: hashed(' John_Smith@gmail.com ', 'email'),
      ph: hashed('+1 (650) 555-1212', 'phone'),
      external_id: hashed('user-1', 'external_id'),
      fbc: builder.getFbc(),
      fbp: builder.getFbp(),
      client_ip_address: builder.getClientIpAddress(),
      client_user_agent: 'Mozilla/5.0',
    };
    return scenarios.raw({events: [event]});
  },

  // Scenarios: reading.

  async read_pixel({fields}) {
    logIn();
    return (await new AdsPixel(WORLD.dataset).get(fields))._data;
  },

  insights: ({account, fields, params}) => every(new AdAccount(account).getInsights(fields, params)),
  ads: ({account, fields, params}) => every(new AdAccount(account).getAds(fields, params)),

  async read_ad({ad, fields}) {
    logIn();
    return (await new Ad(ad).get(fields))._data;
  },

  page_dataset: () => dataset(new Page(WORLD.page)),
  whatsapp_dataset: () => dataset(new WhatsAppBusinessAccount(WORLD.waba)),

  async read_lead({lead}) {
    logIn();
    return (await new Lead(lead).get([]))._data;
  },

  form_leads: ({form, params}) => every(new LeadgenForm(form).getLeads([], params)),

  debug_token({input_token}) {
    return logIn().call('GET', ['debug_token'], {input_token});
  },

  async graph_batch({events, account}) {
    const {FacebookAdsApiBatch} = require('facebook-nodejs-business-sdk');
    const answers = [];
    const note = (answer) => answers.push({status: answer.status, ...answer.body});
    const batch = new FacebookAdsApiBatch(logIn(), note, note);
    batch.add('POST', [WORLD.dataset, 'events'], {data: events}, {}, note, note);
    batch.add('GET', [account], {fields: 'id'}, {}, note, note);
    await batch.execute();
    return answers;
  },
};

async function every(firstPage) {
  const rows = [];
  let page = await firstPage;
  for (;;) {
    rows.push(...page.map((row) => row._data));
    if (!page.hasNext()) return rows;
    page = await page.next();
  }
}

async function dataset(owner) {
  const made = await owner.createDataset([]);
  return {made: made.id, read: await every(owner.getDataset([]))};
}

function told(error) {
  const details = error.response || {};
  if (error.name !== 'FacebookRequestError') return {raised: error.name, message: error.message};
  return {
    raised: error.name,
    status: error.status,
    code: details.code ?? null,
    subcode: details.error_subcode ?? null,
    type: details.type ?? null,
    message: error.message,
    transient: details.is_transient ?? false,
    title: details.error_user_title ?? null,
    user_message: details.error_user_msg ?? null,
    trace: details.fbtrace_id ?? null,
  };
}

(async () => {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const {run, ...given} = JSON.parse(line);
    if (!WORLD) {
      WORLD = given;
      setHost(WORLD.url);
      logIn();
      continue;
    }
    const answer = await Promise.resolve()
      .then(() => scenarios[run](given))
      .then((ok) => ({ok}), told);
    console.log(JSON.stringify(answer));
  }
})();
