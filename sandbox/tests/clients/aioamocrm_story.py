"""A deal from its first contact to a sale, told to the sandbox's Kommo by aioamocrm.

The sandbox's address and what it printed (`--json`) come from the environment. Any difference ends it.
"""

import asyncio
import json
import os

import aioamocrm
from aioamocrm import AmoCRMClient, LongLivedToken, OAuth2

KOMMO = json.loads(os.environ["KOMMO"])
URL = KOMMO["account"]


def same(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}: {found!r}, and not {expected!r}")


async def story(amo):
    account = await amo.account.get()
    same("the account", account.id, 330001)
    pipeline = await amo.pipelines.get(KOMMO["pipeline"])
    statuses = [status.id for status in await amo.pipelines.statuses(pipeline.id)]
    same("the stages", statuses, [880001, 880002, 142, 143])

    phone = {"field_code": "PHONE", "values": [{"value": "+90 532 000 00 01", "enum_code": "WORK"}]}
    [contact] = await amo.contacts.create([{"name": "Ada", "custom_fields_values": [phone]}])
    [company] = await amo.companies.create([{"name": "Acme"}])
    [lead] = await amo.leads.create([{"name": "Car", "pipeline_id": pipeline.id, "status_id": 880001}])
    await amo.leads.link(lead.id, "contacts", contact.id, metadata={"is_main": True})
    await amo.leads.link(lead.id, "companies", company.id)
    links = await amo.leads.links(lead.id, filter={"to_entity_type": "companies"})
    same("the linked company", [(link.to_entity_type, link.to_entity_id) for link in links],
         [("companies", company.id)])

    await amo.leads.update([{"id": lead.id, "status_id": 880002}])
    await amo.leads.update([{"id": lead.id, "status_id": 142, "price": 1500.5}])
    read = await amo.leads.get(lead.id, with_=["contacts"])
    same("the deal", (read.status_id, read.price, read.model_extra["price_with_minor_units"]),
         (142, 1500, 1500.5))
    same("its contact", [one.id for one in read.embedded.contacts], [contact.id])
    same("its company", [one.id for one in read.embedded.companies], [company.id])
    person = await amo.contacts.get(contact.id, with_=["leads"])
    same("the phone", person.custom_fields_values[0].values[0].value, "+90 532 000 00 01")
    same("the contact's deal", [one.id for one in person.embedded.leads], [lead.id])

    # What it has no resource for goes through the same client.
    events = await amo.request("GET", "events", params={"filter": {"entity": "lead", "entity_id": [lead.id]}})
    same("the log", [event["type"] for event in reversed(events["_embedded"]["events"])],
         ["lead_added", "entity_linked", "entity_linked", "lead_status_changed", "sale_field_changed",
          "lead_status_changed"])
    [made] = await amo.leads.create_complex([{
        "name": "Bike", "_embedded": {"contacts": [{"name": "Ben"}], "companies": [{"name": "Ben's"}]},
    }])
    same("not merged", made.merged, False)
    same("a deal made in one go", (await amo.leads.get(made.id, with_=["contacts"])).embedded.contacts[0].id,
         made.contact_id)
    await amo.leads.notes.create([{"entity_id": lead.id, "note_type": "common", "params": {"text": "Sold"}}])
    same("the note", [note.text async for note in amo.leads.notes.iterate(entity_id=lead.id)], ["Sold"])
    try:
        await amo.leads.get(1)
    except aioamocrm.NotFoundError:
        pass
    else:
        raise SystemExit("a deal that is not there was found")


async def main():
    for token in (KOMMO["token"], KOMMO["long_lived_token"]):
        async with AmoCRMClient(base_url=URL, auth=LongLivedToken(token)) as amo:
            await story(amo)
    auth = OAuth2(client_id=KOMMO["client_id"], client_secret=KOMMO["client_secret"],
                  redirect_uri=KOMMO["redirect_uri"])
    async with AmoCRMClient(base_url=URL, auth=auth) as amo:
        code = (await amo.http.post(f"{URL}/sandbox/kommo/oauth-code")).json()["code"]
        # The requests of the clients before are those of this address, too, and a throttled request for
        # tokens is not sent again by the client.
        await asyncio.sleep(1)
        await amo.exchange_code(code)
        await asyncio.sleep(1)
        # At its own pace, 7 a second, it is never throttled: retries would hide a 429.
        amo.retry = aioamocrm.RetryPolicy(max_attempts=1)
        for _ in range(30):
            await amo.account.get()
    print("aioamocrm: the story is as it should be")


asyncio.run(main())
