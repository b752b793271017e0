"""Writes which telephone numbers can exist, from the metadata of PyPI's phonenumbers: for each number of digits
the ranges of numbers, country code included, that the plan of some country describes. Usage: ranges.py > ranges.rs
"""

import re._parser as regex

import phonenumbers
from phonenumbers import PhoneMetadata

DIGITS = frozenset("0123456789")
# ITU E.164.
DIGITS_MAX = 15
# How many ranges stand in a line.
IN_A_LINE = 3
# The library calls what belongs to the whole world so.
WORLD = "001"


def spellings(tree):
    """What a pattern matches, each as a list of sets of digits."""
    all_of_them = [()]
    for operator, value in tree:
        name = str(operator)
        if name == "LITERAL":
            part = [(frozenset(chr(value)),)]
        elif name == "IN":
            part = [(frozenset(digit for inner in value for digit in one_of(*inner)),)]
        elif name == "BRANCH":
            part = [spelling for branch in value[1] for spelling in spellings(branch)]
        elif name == "SUBPATTERN":
            part = spellings(value[3])
        elif name == "MAX_REPEAT":
            low, high, inner = value
            part, repeated = [], [()]
            for times in range(high + 1):
                part += repeated if times >= low else []
                repeated = [head + tail for head in repeated for tail in spellings(inner)]
        else:
            raise ValueError(name)
        all_of_them = [head + tail for head in all_of_them for tail in part]
    return all_of_them


def one_of(operator, value):
    if str(operator) == "RANGE":
        return map(chr, range(value[0], value[1] + 1))
    return chr(value) if str(operator) == "LITERAL" else DIGITS


def prefixes(matching, prefix=""):
    """The shortest prefixes behind which every number of the length is matched."""
    if any(all(digits == DIGITS for digits in spelling[len(prefix) :]) for spelling in matching):
        yield prefix
        return
    for digit in sorted(DIGITS):
        rest = [spelling for spelling in matching if digit in spelling[len(prefix)]]
        if rest:
            yield from prefixes(rest, prefix + digit)


def ranges():
    """By the number of digits, sorted ranges."""
    by_length = {length: [] for length in range(1, DIGITS_MAX + 1)}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        matching = set()
        for region in regions:
            metadata = (
                PhoneMetadata.metadata_for_nongeo_region(code)
                if region == WORLD
                else PhoneMetadata.metadata_for_region(region)
            )
            pattern = metadata.general_desc.national_number_pattern
            matching.update(spellings(regex.parse(pattern.replace(r"\d", "[0-9]"))))
        for length in {len(spelling) for spelling in matching}:
            digits = len(str(code)) + length
            if digits > DIGITS_MAX:
                continue
            for prefix in prefixes([spelling for spelling in matching if len(spelling) == length]):
                open_digits = length - len(prefix)
                first = int(f"{code}{prefix}") * 10**open_digits
                by_length[digits].append((first, first + 10**open_digits - 1))
    for length, found in by_length.items():
        joined = []
        for first, last in sorted(found):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        by_length[length] = joined
    return by_length


def main():
    print("//! Which numbers the plans of all countries describe, by how many digits they have. Made by")
    print(f"//! `scripts/phones ranges` from the metadata of PyPI's phonenumbers {phonenumbers.__version__}, which is libphonenumber's")
    print("//! (Apache License 2.0).")
    print()
    print("/// First and last number of each range, country code included; the place is the count of digits.")
    print("#[rustfmt::skip]")
    print(f"pub(super) static RANGES: [&[(u64, u64)]; {DIGITS_MAX + 1}] = [")
    print("    &[],")
    for _, found in sorted(ranges().items()):
        if not found:
            print("    &[],")
            continue
        print("    &[")
        for at in range(0, len(found), IN_A_LINE):
            print("        " + " ".join(f"({first}, {last})," for first, last in found[at : at + IN_A_LINE]))
        print("    ],")
    print("];")


if __name__ == "__main__":
    main()
