#!/usr/bin/env bash
# A library for WhatsApp answers the documented message about a changed user id with 200 and calls no handler for it.
#
# Version: PyPI pywa 4.5.0 (Python 3.11).
# Behaviour: since 11 August 2026 Meta documents a system message of type `user_changed_user_id`, which has the
#   user's ids of before and now and no phone number. The library means it for `on_phone_number_change`, but reads
#   `from` on the way there: a KeyError, which it logs. The handler is never called, and because the answer is
#   200, Meta does not send the message again. Only `on_raw_update` sees it. The message about a changed number,
#   which has the number of before in `from`, arrives.
# Output seen: the two lines at the end: the kind, the answer, and what was logged and called.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pywa==4.5.0

cat >receive.py <<'PYTHON'
import json
import logging

from pywa import WhatsApp

PHONE_ID = "100000000000001"
client = WhatsApp(phone_id=PHONE_ID, token="token", server=None, verify_token="verify", validate_updates=False)
called = []
errors = []


@client.on_phone_number_change
def changed(_, change):
    called.append(f"changed:{change.old_wa_id}:{change.new_wa_id}")


@client.on_raw_update
def raw(*_):
    called.append("raw")


class Errors(logging.Handler):
    def emit(self, record):
        errors.append(repr(record.exc_info[1]))


logging.getLogger("pywa").addHandler(Errors(logging.ERROR))
logging.getLogger("pywa").propagate = False


def receive(said, writer):
    system = {"body": "changed", "user_id": "TR.2222222222", "previous_user_id": "TR.1111111111", **said}
    message = {"id": "wamid.1", "timestamp": "1790000000", "type": "system", "system": system, **writer}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000001", "phone_number_id": PHONE_ID},
        "messages": [message],
    }
    entry = {"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    called.clear()
    errors.clear()
    answer = client.webhook_update_handler(update=body, hmac_header=None)
    print(said["type"], answer, *errors, *called)


receive({"type": "user_changed_number", "wa_id": "905330000002"}, {"from": "905320000001"})
receive({"type": "user_changed_user_id"}, {})
PYTHON

seen="$(venv/bin/python receive.py)"
echo "$seen"
test "$seen" = "user_changed_number ('ok', 200) changed:905320000001:905330000002 raw
user_changed_user_id ('ok', 200) KeyError('from') raw"
