// A deal from its first contact to a sale, told to the sandbox's Kommo by amocrm-js.
//
// What the sandbox printed (--json) comes from the environment. Any difference ends it. The client speaks
// HTTPS to port 443 and nothing else, so its requests are led to the sandbox here.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const { setTimeout: sleep } = require('node:timers/promises');

const kommo = JSON.parse(process.env.KOMMO);
const { hostname, port } = new URL(kommo.account);

https.request = (options, onResponse) => http.request({ ...options, hostname, port }, onResponse);

const { Client } = require('amocrm-js');

async function story(client) {
  // It has no pace of its own; Kommo's limit is 7 a second.
  const paced = async (what) => { await sleep(150); return what(); };
  const account = await paced(() => client.request.get('/api/v4/account'));
  assert.equal(account.data.id, 330001);

  const contact = new client.Contact({
    name: 'Ada',
    custom_fields_values: [{ field_code: 'PHONE', values: [{ value: '+90 532 000 00 02' }] }],
  });
  await paced(() => contact.save());
  const company = new client.Company({ name: 'Acme' });
  await paced(() => company.save());
  const lead = new client.Lead({ name: 'Car', pipeline_id: kommo.pipeline, status_id: 880001 });
  lead.embeddedContacts.add([contact]);
  await paced(() => lead.save());
  assert.ok(contact.id && company.id && lead.id);
  const link = [{ to_entity_id: company.id, to_entity_type: 'companies' }];
  await paced(() => client.request.post(`/api/v4/leads/${lead.id}/link`, link));

  await paced(() => client.leads.update([{ id: lead.id, status_id: 880002 }]));
  await paced(() => client.leads.update([{ id: lead.id, status_id: 142, price: 1500.5 }]));
  const read = await paced(() => client.leads.getById(lead.id, { with: ['contacts'] }));
  assert.deepEqual([read.status_id, read.price], [142, 1500]);
  assert.deepEqual(read._embedded.contacts.map(({ id }) => id), [contact.id]);
  assert.deepEqual(read._embedded.companies.map(({ id }) => id), [company.id]);
  const page = await paced(() => client.leads.get({ filter: { id: [lead.id] } }));
  assert.deepEqual([...page].map(({ id }) => id), [lead.id]);

  const events = await paced(() => client.request.get('/api/v4/events', {
    filter: { entity: ['lead'], entity_id: [lead.id] },
  }));
  assert.deepEqual(events.data._embedded.events.map(({ type }) => type).reverse(), [
    'lead_added', 'entity_linked', 'entity_linked', 'lead_status_changed', 'sale_field_changed',
    'lead_status_changed',
  ]);

  const task = new client.Task({
    text: 'Call', complete_till: 1800000000, entity_id: lead.id, entity_type: 'leads', task_type_id: 1,
  });
  await paced(() => task.save());
  assert.ok(task.id);

  // The gateway's page is no JSON, which this client tells apart.
  const refused = [];
  for (let request = 0; request < 12; request += 1) {
    refused.push(client.request.get('/api/v4/account').then(() => 'taken', (error) => error.message));
  }
  assert.ok((await Promise.all(refused)).includes('JSON_PARSE_ERROR'));
}

async function main() {
  await story(new Client({ domain: 'acme.kommo.com', auth: { bearer: kommo.token } }));
  const fetched = await fetch(`${kommo.account}/sandbox/kommo/oauth-code`, { method: 'POST' });
  const { code } = await fetched.json();
  const { client_id, client_secret, redirect_uri } = kommo;
  await sleep(1000);
  const client = new Client({ domain: 'acme.kommo.com', auth: { client_id, client_secret, redirect_uri, code } });
  await client.connection.connect();
  assert.equal((await client.request.get('/api/v4/account')).data.id, 330001);
  console.log('amocrm-js: the story is as it should be');
}

main().catch((error) => { console.error(error); process.exit(1); });
