#!/usr/bin/env bash
# A released SAVEPOINT makes SQLite write old pages into a temporary file, in WAL mode, too.
#
# Version: SQLite 3.54.1 (as built into the package `apsw`).
# Behaviour: a transaction in WAL mode needs no journal, and a savepoint that is released undoes nothing. Yet
#   each page that is changed under it is first copied, and beyond 64 KiB the copies go to a temporary file,
#   which is made and removed once a transaction. A writer that gives each job of a group commit a savepoint of
#   its own writes such pages twice. Without a savepoint, changes of single rows copy nothing. PRAGMA temp_store = MEMORY keeps
#   the copies in memory; the documentation of that pragma speaks of temporary tables and indices.
# Output seen: "3.54.1 0 True 0": bytes in the temporary file without a savepoint; whether there are more than
#   half a million of them with one that is released; bytes with one and temp_store in memory.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat >"$folder/count.py" <<'PYTHON'
import os
import sys

import apsw


def spilled(savepoint, in_memory):
    """How many bytes are in files that SQLite has open and removed, after 200 pages were changed."""
    path = os.path.join(sys.argv[1], f"{savepoint}-{in_memory}.db")
    connection = apsw.Connection(path)
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA page_size = 4096")
    if in_memory:
        connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    connection.executemany("INSERT INTO row VALUES (?, ?)", [(id, "a" * 3000) for id in range(200)])
    connection.execute("BEGIN IMMEDIATE")
    if savepoint:
        connection.execute("SAVEPOINT job")
    connection.executemany("UPDATE row SET text = ? WHERE id = ?", [("b" * 3000, id) for id in range(200)])
    if savepoint:
        connection.execute("RELEASE job")
    bytes_in_files = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
            if "etilqs" in target or target.endswith("(deleted)"):
                bytes_in_files += os.stat(f"/proc/self/fd/{name}").st_size
        except FileNotFoundError:
            pass
    connection.execute("COMMIT")
    return bytes_in_files


with_file = spilled(savepoint=True, in_memory=False)
print(
    apsw.sqlite_lib_version(),
    spilled(savepoint=False, in_memory=False),
    with_file > 500_000,
    spilled(savepoint=True, in_memory=True),
)
PYTHON

version="3.54.1.0"
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check "apsw==$version"
seen="$("$folder/env/bin/python" "$folder/count.py" "$folder")"
echo "$seen"
[ "$seen" = "3.54.1 0 True 0" ] || { echo "expected: 3.54.1 0 True 0" >&2; exit 1; }
