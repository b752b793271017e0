#!/usr/bin/env bash
# Three packages of Meta make different hashes of one customer.
#
# Versions: npm capi-param-builder-nodejs 1.3.2 and facebook-nodejs-business-sdk 24.0.1, PyPI facebook-business
#   26.0.3 (Node 20.20.2, Python 3.11).
# Behaviour: the builder leaves the blank in a postcode, takes letters that are none of a to z out of a city, and
#   blanks and punctuation out of names; the two SDKs take the blank out of a postcode, and leave letters, names
#   and apostrophes as they are. So whoever changes from one to the other, or uses both, sends another hash for the
#   same British or Czech postcode, for Munich and Moscow, and for double names. Meta's page asks for postcodes
#   without blanks, as the SDKs make them, and for names without punctuation, as the builder does. A phone number
#   with dots is right in the builder, raises ValueError in the SDK for Python, and is hashed with its dots by
#   that for Node. All three cut a postcode at its hyphen, which is right for ZIP+4: the Polish ones, two digits
#   and three, become 100 values.
# Output seen: the table at the end: key, value, then what the builder, the SDK for Node and that for Python hash.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save \
    capi-param-builder-nodejs@1.3.2 facebook-nodejs-business-sdk@24.0.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check facebook-business==26.0.3

# Key, value, and the texts that a hash may be of.
cat >values.json <<'JSON'
[
  ["zp", "SW1A 1AA", "sw1a1aa", "sw1a 1aa"],
  ["zp", "110 00", "11000", "110 00"],
  ["zp", "00-950", "00950", "00-950", "00"],
  ["zp", "00-001", "00001", "00-001", "00"],
  ["ct", "München", "münchen", "mnchen"],
  ["ct", "Москва", "москва"],
  ["ct", "L'Aquila", "l'aquila", "laquila"],
  ["fn", "Anne-Marie", "anne-marie", "annemarie"],
  ["ln", "van der Berg", "van der berg", "vanderberg"],
  ["ln", "O'Brien", "o'brien", "obrien"],
  ["ph", "+1 212 555 0100", "12125550100"],
  ["ph", "+1.212.555.0100", "12125550100", "1.212.555.0100"]
]
JSON

cat >hash.js <<'JAVASCRIPT'
const { ParamBuilder } = require("capi-param-builder-nodejs");
const { UserData } = require("facebook-nodejs-business-sdk");

const builder = new ParamBuilder();
const kinds = { zp: "zip_code", ct: "city", fn: "first_name", ln: "last_name", ph: "phone" };
const setters = { zp: "setZip", ct: "setCity", fn: "setFirstName", ln: "setLastName", ph: "setPhone" };

// The builder puts its mark behind the hash.
const hashes = require("./values.json").map(([key, value]) => [
  builder.getNormalizedAndHashedPII(value, kinds[key])?.split(".")[0] ?? null,
  [new UserData()[setters[key]](value).normalize()[key]].flat()[0],
]);
console.log(JSON.stringify(hashes));
JAVASCRIPT

cat >table.py <<'PYTHON'
import hashlib
import json
import sys

from facebook_business.adobjects.serverside.user_data import UserData

NAMES = {"zp": "zip_code", "ct": "city", "fn": "first_name", "ln": "last_name", "ph": "phone"}


def by_python(key, value):
    try:
        return UserData(**{NAMES[key]: value}).normalize()[key][0]
    except ValueError:
        return "ValueError"


for (key, value, *texts), of_node in zip(json.load(open("values.json")), json.load(sys.stdin)):
    text_of = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
    hashes = [*of_node, by_python(key, value)]
    print("|".join([key, value, *(text_of.get(hash, str(hash)) for hash in hashes)]))
PYTHON

seen="$(node hash.js | PYTHONUTF8=1 venv/bin/python table.py)"
echo "$seen"
test "$seen" = "zp|SW1A 1AA|sw1a 1aa|sw1a1aa|sw1a1aa
zp|110 00|110 00|11000|11000
zp|00-950|00|00|00
zp|00-001|00|00|00
ct|München|mnchen|münchen|münchen
ct|Москва|None|москва|москва
ct|L'Aquila|laquila|l'aquila|l'aquila
fn|Anne-Marie|annemarie|anne-marie|anne-marie
ln|van der Berg|vanderberg|van der berg|van der berg
ln|O'Brien|obrien|o'brien|o'brien
ph|+1 212 555 0100|12125550100|12125550100|12125550100
ph|+1.212.555.0100|12125550100|1.212.555.0100|ValueError"
