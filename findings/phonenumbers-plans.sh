#!/usr/bin/env bash
# What a library makes of numbers from before a change of plan depends on its release.
#
# Version: PyPI phonenumbers 8.13.36 and 9.0.43 (Python 3.11).
# Behaviour: Mexico's 521 and Uzbekistan's 8 were folded once and are not now; Benin's eight digits went from
#   valid to impossible; in the Gambia and in Gabon the number of before and that of today are both valid. A chat
#   id that is read with its own country can get the country code twice and is valid then. The national format
#   of a Gabonese number of seven digits reads back as another valid number. German numbers of 17 digits are
#   valid, although E.164 ends at 15.
# Output seen: a line for each, then the end.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"

# Runs the checks with one release.
with() {
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check "phonenumbers==$1"
    "$folder/python/bin/python" - "$1" <<'PYTHON'
import sys
import phonenumbers as lib

old = sys.argv[1] == "8.13.36"


def e164(text, region=None):
    return lib.format_number(lib.parse(text, region), lib.PhoneNumberFormat.E164)


def state(text):
    number = lib.parse(text)
    return "valid" if lib.is_valid_number(number) else "possible" if lib.is_possible_number(number) else "impossible"


def shows(what, seen, expected):
    print(f"{sys.argv[1]:8} {what}: {seen}")
    if seen != expected:
        sys.exit(f"it was {expected}")


shows("Mexico, +52 1 55 1234 5678", e164("+5215512345678"), "+525512345678" if old else "+5215512345678")
shows("Uzbekistan, 8 90 123 45 67", e164("8 90 123 45 67", "UZ"), "+998901234567" if old else "+9988901234567")
shows("Benin, eight digits", state("+22997123456"), "valid" if old else "impossible")
shows("Benin, ten digits", state("+2290197123456"), "impossible" if old else "valid")
shows("the Gambia, as it was", state("+2203012345"), "valid")
shows("the Gambia, as it is", state("+220833012345"), "impossible" if old else "valid")
if not old:
    shows("Gabon, as it was and is", [state("+24107123456"), state("+24177123456")], ["valid", "valid"])
    shows("a German chat id with its country", e164("4915410027266", "DE"), "+494915410027266")
    shows("a Finnish one", e164("358507383", "FI"), "+358358507383")
    seven = lib.parse("+2416407134")
    written = lib.format_number(seven, lib.PhoneNumberFormat.NATIONAL)
    shows("Gabon, seven digits in the national format, read back", e164(written, "GA"), "+24106407134")
    shows("a German number of 17 digits", state("+49401246787466285"), "valid")
PYTHON
}

with 8.13.36
with 9.0.43
