"""A shop's server that reports to Kopru with Meta's Python SDK, unmodified but for host and token.

Where and with which keys comes from the environment (SHOP, JSON). Whatever the SDK does not get as it would from
Meta ends it. The ids of the events that must have arrived are printed, a line each.
"""

import asyncio
import json
import os
import time

from facebook_business import FacebookSession
from facebook_business.adobjects.adspixel import AdsPixel
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.batch_processor import BatchProcessor
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_request_async import EventRequestAsync
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError

SHOP = json.loads(os.environ["SHOP"])
FacebookSession.GRAPH = SHOP["door"]


def same(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}: {found!r}, and not {expected!r}")


def purchase(number, currency="EUR"):
    return Event(
        event_name="Purchase",
        event_time=int(time.time()) - 60,
        event_id=f"{SHOP['name']}-{number}",
        event_source_url="https://shop.example.com/thanks",
        action_source=ActionSource.WEBSITE,
        user_data=UserData(
            emails=[f" Customer.{number}@Example.com "],
            phones=["+1 (650) 555-1212"],
            first_names=["Mary"],
            client_ip_address="2001:4860:4860::8888",
            client_user_agent="Mozilla/5.0",
            fbp="fb.1.1763880000000.1116446470",
        ),
        custom_data=CustomData(
            value=49.9, currency=currency, contents=[Content(product_id="sku1", quantity=1, item_price=49.9)]
        ),
    )


def request(numbers, currency="EUR", dataset=None, **more):
    events = [purchase(number, currency) for number in numbers]
    return EventRequest(pixel_id=dataset or SHOP["dataset"], events=events, **more)


def received(what, answer, count):
    same(what, (answer.events_received, answer.messages), (count, []))
    same(f"{what}: trace", len(answer.fbtrace_id), 23)


def raises(what, call, status, code, subcode):
    try:
        call()
    except FacebookRequestError as error:
        same(what, (error.http_status(), error.api_error_code(), error.api_error_subcode()), (status, code, subcode))
        same(f"{what}: type", bool(error.api_error_message() and error.api_error_type()), True)
    else:
        raise SystemExit(f"{what} was not refused")


def log_in(key, **more):
    return FacebookAdsApi.init(access_token=SHOP[key], crash_log=False, **more)


def story():
    log_in("key")
    received("three events", request([1, 2, 3]).execute(), 3)
    received("the same again", request([1, 2, 3]).execute(), 3)
    labels = {"test_event_code": "TEST42", "partner_agent": "shop-1", "upload_tag": "evening"}
    received("with a test code", request([4], **labels).execute(), 1)
    received("a thousand", request(range(1000, 2000)).execute(), 1000)

    mixed = EventRequest(pixel_id=SHOP["dataset"], events=[purchase(5), purchase(6, currency=None), purchase(7)])
    answer = mixed.execute()
    same("one of three is bad", (answer.events_received, len(answer.messages)), (2, 1))
    same("what is said of it", "event 1 was not taken" in answer.messages[0], True)
    raises("a bad one", request([8], currency=None).execute, 400, 100, 2804010)
    raises("a dataset of nobody", request([8], dataset="999").execute, 400, 100, 33)

    asynchronous = EventRequestAsync(pixel_id=SHOP["dataset"], events=[purchase(9)])
    received("asynchronously", asyncio.run(asynchronous.execute()), 1)
    BatchProcessor(batch_size=5).process_events(
        EventRequestAsync(pixel_id=SHOP["dataset"], events=[]), [purchase(number) for number in range(20, 40)]
    )
    data = [json.dumps({**purchase(10).normalize()})]
    answer = AdsPixel(SHOP["dataset"]).create_event(params={"data": data})
    same("as an object of the API", answer["events_received"], 1)

    # The proof is of Meta's secrets, which the key has nothing to do with.
    log_in("key", app_id="1", app_secret="secret")
    received("with a proof", request([11]).execute(), 1)
    log_in("strict_key")
    mixed = EventRequest(pixel_id=SHOP["dataset"], events=[purchase(12), purchase(13, currency=None)])
    raises("a bad one with a strict key", mixed.execute, 400, 100, 2804010)
    received("a good one with a strict key", request([14]).execute(), 1)
    log_in("wrong_key")
    raises("a wrong key", request([15]).execute, 401, 190, None)
    return [1, 2, 3, 4, 5, 7, 9, 10, 11, 14, *range(20, 40), *range(1000, 2000)]


for number in story():
    print(f"{SHOP['name']}-{number}")
