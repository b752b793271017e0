"""Meta's Python SDK against a sandbox, with nothing changed but the host.

The first line on standard input is the world, as JSON: url, dataset, token, page, waba, clid.
Every further line is a scenario, as JSON: its name under "run", and its arguments. Each is answered
with one line: {"ok": ...}, or what the SDK raised and what the exception says of it.
"""

import asyncio
import json
import sys
import time

import requests
from facebook_business import FacebookSession
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adspixel import AdsPixel
from facebook_business.adobjects.lead import Lead
from facebook_business.adobjects.leadgenform import LeadgenForm
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.app_data import AppData
from facebook_business.adobjects.serverside.batch_processor import BatchProcessor
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_request_async import EventRequestAsync
from facebook_business.adobjects.serverside.extended_device_info import ExtendedDeviceInfo
from facebook_business.adobjects.serverside.gender import Gender
from facebook_business.adobjects.serverside.http_service_interface import HttpServiceInterface
from facebook_business.adobjects.serverside.messaging_channel import MessagingChannel
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.adobjects.whatsappbusinessaccount import WhatsAppBusinessAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError

WORLD = json.loads(sys.stdin.readline())
FacebookSession.GRAPH = WORLD["url"]


def log_in(token=None, app_secret=None):
    # The crash reporter would only add requests when a test fails.
    return FacebookAdsApi.init(
        app_id="1" if app_secret else None,
        app_secret=app_secret,
        access_token=token or WORLD["token"],
        crash_log=False,
    )


# Events, made with the SDK's own classes.


def customer(**other):
    """Plain values: the SDK puts them into Meta's form and hashes them."""
    return UserData(
        emails=[" John_Smith@gmail.com "],
        phones=["+1 (650) 555-1212"],
        first_names=["Mary"],
        last_names=["Smith"],
        genders=[Gender.FEMALE],
        cities=["New York"],
        states=["CA"],
        zip_codes=["94035-1234"],
        country_codes=["US"],
        external_ids=["user-1"],
        client_ip_address="2001:db8::1",
        client_user_agent="Mozilla/5.0",
        fbc="fb.1.1763884000000.IwAR2abcDEF",
        fbp="fb.1.1763880000000.1116446470",
        **other,
    )


def purchase(number=0, age_s=60, value=49.9, currency="EUR", user_data=None):
    return Event(
        event_name="Purchase",
        event_time=int(time.time()) - age_s,
        event_id=f"order-{number}",
        event_source_url="https://shop.example.com/thanks",
        action_source=ActionSource.WEBSITE,
        user_data=user_data or customer(),
        custom_data=CustomData(
            value=value,
            currency=currency,
            contents=[Content(product_id="sku1", quantity=1, item_price=49.9)],
            custom_properties={"branch": "north"},
        ),
    )


def received(response):
    return {
        "events_received": response.events_received,
        "messages": response.messages,
        "trace": response.fbtrace_id,
    }


def send(events, dataset=None, **labels):
    request = EventRequest(pixel_id=dataset or WORLD["dataset"], events=events, **labels)
    return received(request.execute())


# Scenarios: events.


def web_purchase(token=None, dataset=None, app_secret=None, labels=None, count=1, **changes):
    log_in(token, app_secret)
    return send([purchase(number, **changes) for number in range(count)], dataset, **(labels or {}))


def too_broad():
    log_in()
    return send([purchase(user_data=UserData(cities=["Paris"], country_codes=["FR"]))])


def crm_stage(lead_id):
    log_in()
    event = Event(
        event_name="Qualified",
        event_time=int(time.time()) - 60,
        action_source=ActionSource.SYSTEM_GENERATED,
        user_data=UserData(lead_id=lead_id),
        custom_data=CustomData(custom_properties={"event_source": "crm", "lead_event_source": "Kommo"}),
    )
    return send([event])


def whatsapp(clid=None):
    """UserData has no place for the WhatsApp Business Account, but one for the Page."""
    log_in()
    event = Event(
        event_name="LeadSubmitted",
        event_time=int(time.time()) - 60,
        action_source=ActionSource.BUSINESS_MESSAGING,
        messaging_channel=MessagingChannel.WHATSAPP,
        user_data=UserData(ctwa_clid=clid or WORLD["clid"], page_id=WORLD["page"]),
    )
    return send([event])


def app_install(os_version="17.1"):
    log_in()
    device = ExtendedDeviceInfo(
        ext_info_version="i2",
        app_package_name="com.example.shop",
        os_version=os_version,
        screen_width=390,
        screen_height=844,
    )
    event = Event(
        event_name="MobileAppInstall",
        event_time=int(time.time()) - 60,
        action_source=ActionSource.APP,
        user_data=UserData(madid="38400000-8cf0-11bd-b23e-10b96e40000d"),
        app_data=AppData(
            advertiser_tracking_enabled=True, application_tracking_enabled=True, extinfo=device
        ),
    )
    return send([event])


def raw(events, dataset=None):
    """Events as they are, through the Pixel's own edge."""
    log_in()
    data = [json.dumps(event) for event in events]
    answer = AdsPixel(dataset or WORLD["dataset"]).create_event(params={"data": data})
    return {"events_received": answer["events_received"]}


def batches(count, size):
    log_in()
    to_clone = EventRequestAsync(pixel_id=WORLD["dataset"], events=[])
    events = [purchase(number) for number in range(count)]
    BatchProcessor(batch_size=size).process_events(to_clone, events)
    return {"sent": count}


def asynchronous(app_secret=None, dataset=None, **changes):
    log_in(app_secret=app_secret)
    request = EventRequestAsync(pixel_id=dataset or WORLD["dataset"], events=[purchase(**changes)])
    return received(asyncio.run(request.execute()))


class OwnClient(HttpServiceInterface):
    def execute(self, url, method, request_options, headers, params):
        answer = requests.request(method, url, headers=headers, json=params, timeout=10)
        return {"status": answer.status_code, **answer.json()}


def own_client(app_secret=None, dataset=None):
    request = EventRequest(
        pixel_id=dataset or WORLD["dataset"],
        events=[purchase()],
        http_client=OwnClient(),
        access_token=WORLD["token"],
        appsecret=app_secret,
    )
    return request.execute()


def parameter_builder():
    """From version 25 on, the SDK reads what it needs from the web server's request."""
    log_in()
    buyer = UserData(emails=["john_smith@gmail.com"], client_user_agent="Mozilla/5.0")
    event = purchase(user_data=buyer)
    event.event_source_url = None
    event.set_request_context(
        {
            "REQUEST_METHOD": "GET",
            "HTTP_HOST": "shop.example.com",
            "PATH_INFO": "/thanks",
            "QUERY_STRING": "fbclid=IwAR2abcDEF",
            "HTTP_REFERER": "https://shop.example.com/cart",
            "wsgi.url_scheme": "https",
        }
    )
    return send([event])


# Scenarios: reading.


def rows(cursor):
    return [row.export_all_data() for row in cursor]


def read_pixel(fields):
    log_in()
    return AdsPixel(WORLD["dataset"]).api_get(fields=fields).export_all_data()


def insights(account, fields, params):
    log_in()
    return rows(AdAccount(account).get_insights(fields=fields, params=params))


def ads(account, fields, params):
    log_in()
    return rows(AdAccount(account).get_ads(fields=fields, params=params))


def read_ad(ad, fields):
    log_in()
    return Ad(ad).api_get(fields=fields).export_all_data()


def page_dataset():
    log_in()
    page = Page(WORLD["page"])
    return {"made": page.create_dataset()["id"], "read": rows(page.get_dataset())}


def whatsapp_dataset():
    log_in()
    account = WhatsAppBusinessAccount(WORLD["waba"])
    return {"made": account.create_dataset()["id"], "read": rows(account.get_dataset())}


def read_lead(lead):
    log_in()
    return Lead(lead).api_get().export_all_data()


def form_leads(form, params):
    log_in()
    return rows(LeadgenForm(form).get_leads(params=params))


def debug_token(input_token):
    api = log_in()
    return api.call("GET", ("debug_token",), params={"input_token": input_token}).json()


def graph_batch(events, account):
    """Several calls in one request, each answered by itself."""
    api = log_in()
    batch, answers = api.new_batch(), []
    note = lambda answer: answers.append({"status": answer.status(), **answer.json()})
    data = [json.dumps(event) for event in events]
    AdsPixel(WORLD["dataset"]).create_event(
        params={"data": data}, batch=batch, success=note, failure=note
    )
    AdAccount(account).api_get(fields=["id"], batch=batch, success=note, failure=note)
    batch.execute()
    return answers


# The loop.


def told(error):
    if not isinstance(error, FacebookRequestError):
        return {"raised": type(error).__name__, "message": str(error)}
    body = error.body()
    details = body["error"] if isinstance(body, dict) and "error" in body else {}
    return {
        "raised": type(error).__name__,
        "status": error.http_status(),
        "code": error.api_error_code(),
        "subcode": error.api_error_subcode(),
        "type": error.api_error_type(),
        "message": error.api_error_message(),
        "transient": error.api_transient_error(),
        "title": details.get("error_user_title"),
        "user_message": details.get("error_user_msg"),
        "trace": details.get("fbtrace_id"),
    }


for line in sys.stdin:
    arguments = json.loads(line)
    scenario = globals()[arguments.pop("run")]
    try:
        answer = {"ok": scenario(**arguments)}
    except Exception as error:
        answer = told(error)
    print(json.dumps(answer), flush=True)
