#!/usr/bin/env python3
"""Writes server/src/axon/nonprintable.rs: the code points that Python's repr() escapes (str.isprintable() is false).

Run it with Python 3.11, whose Unicode tables (14.0) most validators use:

    python3.11 server/tools/make_nonprintable.py > server/src/axon/nonprintable.rs
"""
import unicodedata


def ranges():
    start = None
    for code in range(0x110000 + 1):
        hidden = code < 0x110000 and not chr(code).isprintable() and not 0xD800 <= code <= 0xDFFF
        if hidden and start is None:
            start = code
        elif not hidden and start is not None:
            yield start, code - 1
            start = None


rows = [f"(0x{a:X}, 0x{b:X})" for a, b in ranges()]
print(f"//! Code points that Python's `repr` escapes, as sorted ranges. Unicode {unicodedata.unidata_version}.")
print("//! Made by server/tools/make_nonprintable.py; do not edit.\n")
print("#[rustfmt::skip]")
print(f"pub(super) const NONPRINTABLE: [(u32, u32); {len(rows)}] = [")
for i in range(0, len(rows), 6):
    print("    " + ", ".join(rows[i : i + 6]) + ",")
print("];")
