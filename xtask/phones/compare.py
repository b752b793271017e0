"""Compares what Kopru makes of phone numbers with PyPI's phonenumbers.

Mobiles and landlines are drawn by seed from the patterns of all regions and kept if the library calls them valid.
Each is spelt in seven ways and put to `kopru normalize`; right is the first form if it is the number that was
spelt. Usage: compare.py KOPRU [NUMBERS OF EACH KIND AND REGION] [SEED]
"""

import collections
import json
import random
import re._parser as regex
import subprocess
import sys

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

KINDS = {"mobile": PhoneNumberType.MOBILE, "landline": PhoneNumberType.FIXED_LINE}
EITHER = PhoneNumberType.FIXED_LINE_OR_MOBILE
ASKED = {"mobile": 0.999, "landline": 0.995}
# How many texts are drawn for each number that is wanted: most patterns of the library are wider than its kinds.
TRIES = 40


def drawn(tree, chance):
    """A text that a pattern of digits matches."""
    text = ""
    for operator, value in tree:
        name = str(operator)
        if name == "LITERAL":
            text += chr(value)
        elif name == "IN":
            operator, inner = chance.choice(value)
            text += chr(chance.randint(*inner)) if str(operator) == "RANGE" else chr(inner)
        elif name == "BRANCH":
            text += drawn(chance.choice(value[1]), chance)
        elif name == "SUBPATTERN":
            text += drawn(value[3], chance)
        elif name == "MAX_REPEAT":
            low, high, inner = value
            text += "".join(drawn(inner, chance) for _ in range(chance.randint(low, high)))
        else:
            raise ValueError(name)
    return text


def number_of(code, national):
    """A number of the library's, of digits behind a country code."""
    zeros = len(national) - len(national.lstrip("0"))
    return phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def numbers(region, kind, count, chance):
    """Valid numbers of a kind in a region."""
    metadata = PhoneMetadata.metadata_for_region(region)
    described = metadata.mobile if kind == "mobile" else metadata.fixed_line
    if not described or not described.national_number_pattern:
        return
    tree = regex.parse(described.national_number_pattern.replace(r"\d", "[0-9]"))
    found = set()
    for _ in range(count * TRIES):
        national = drawn(tree, chance)
        number = number_of(metadata.country_code, national)
        is_kind = phonenumbers.number_type(number) in (KINDS[kind], EITHER)
        if is_kind and phonenumbers.is_valid_number_for_region(number, region) and national not in found:
            found.add(national)
            yield number
            if len(found) == count:
                return


def spellings(number, region):
    """The number as people, machines and chats write it, and the country that is given with it."""
    full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    yield "E.164, without a country", full, None
    yield "international, country of another", international, "US" if region == "TR" else "TR"
    yield "national", national, region
    yield "national, only digits", phonenumbers.normalize_digits_only(national), region
    yield "without what is dialled first", phonenumbers.national_significant_number(number), region
    yield "00 and the number", "00" + full[1:], region
    yield "digits with country code, as chats have", full[1:], region


def said(text, region):
    """What the library makes of a spelling."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        return str(error)
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    return digits if phonenumbers.is_valid_number(number) else f"{digits}, not valid"


def asked_of(kopru, questions):
    """The first form of each question."""
    lines = [json.dumps({"type": "ph", "input": text, "country": country}) for text, country in questions]
    command = [kopru, "normalize", "--rules", "documentation"]
    run = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    answers = [json.loads(line)["normalized"] for line in run.stdout.splitlines()]
    assert len(answers) == len(questions), (len(answers), len(questions))
    return [forms[0] if forms else None for forms in answers]


def main():
    kopru = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    chance = random.Random(seed)
    rows = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            for number in numbers(region, kind, count, chance):
                digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
                for spelling, text, country in spellings(number, region):
                    rows.append((kind, spelling, region, text, country, digits))
    answers = asked_of(kopru, [(text, country) for _, _, _, text, country, _ in rows])

    total, right, wrong = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for (kind, spelling, region, text, country, digits), answer in zip(rows, answers):
        for key in ((kind, ""), (kind, spelling)):
            total[key] += 1
            right[key] += answer == digits
        if answer != digits:
            wrong[kind, spelling, region].append((text, answer, digits, said(text, country)))
    print(f"phonenumbers {phonenumbers.__version__}, seed {seed}, {count} numbers of each kind and region")
    for kind, spelling in sorted(total):
        share = 100 * right[kind, spelling] / total[kind, spelling]
        print(f"{kind:9} {spelling or 'all':42} {right[kind, spelling]:7} of {total[kind, spelling]:7}  {share:7.3f} %")
    for (kind, spelling, region), cases in sorted(wrong.items(), key=lambda item: -len(item[1])):
        text, answer, digits, library = cases[0]
        print(f"{len(cases):4} {region} {kind}, {spelling}: {text} -> {answer}, is {digits} (the library: {library})")
    if any(right[kind, ""] < share * total[kind, ""] for kind, share in ASKED.items()):
        sys.exit("fewer are right than asked")


if __name__ == "__main__":
    main()
