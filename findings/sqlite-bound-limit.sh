#!/usr/bin/env bash
# SQLite prepares a statement anew each time it runs if its LIMIT is a bound parameter.
#
# Versions: SQLite 3.46.1 does not; 3.47.2, 3.48.0, 3.49.1 and 3.54.1 do (as built into the package `apsw`).
# Behaviour: a statement from a cache of prepared statements, `... LIMIT ?`, is compiled again at every
#   execution, although schema and statistics are unchanged and even if the same number is bound. A literal,
#   `LIMIT ?+0`, or the connection's option SQLITE_DBCONFIG_ENABLE_QPSG avoid it. The query planner looks at
#   the bound value since 3.47, so that binding another one expires the statement; the release notes do not
#   say what that costs. For a query that finds a few rows by its key it is most of the time.
# Output seen: "3.46.1 1 1 1 1" and "3.54.1 11 1 1 1": how often the statement was compiled in ten
#   executions, with a bound limit, a literal, an expression, and a bound limit with QPSG.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat >"$folder/count.py" <<'PYTHON'
import apsw


def compiled(sql, values, stable=False):
    """How often SQLite compiles a statement that runs ten times: its authorizer hears of each."""
    connection = apsw.Connection(":memory:")
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, int(stable))
    connection.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, due INTEGER)")
    times = 0

    def authorize(action, *_):
        nonlocal times
        times += action == apsw.SQLITE_SELECT
        return apsw.SQLITE_OK

    connection.authorizer = authorize
    for _ in range(10):
        connection.execute(sql, values).fetchall()
    return times


query = "SELECT due FROM job WHERE id > ? ORDER BY id LIMIT "
print(
    apsw.sqlite_lib_version(),
    compiled(query + "?", (1, 5)),
    compiled(query + "5", (1,)),
    compiled(query + "?+0", (1, 5)),
    compiled(query + "?", (1, 5), stable=True),
)
PYTHON

for expected in "3.46.1.0 3.46.1 1 1 1 1" "3.54.1.0 3.54.1 11 1 1 1"; do
    read -r version line <<<"$expected"
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "apsw==$version"
    seen="$("$folder/$version/bin/python" "$folder/count.py")"
    echo "$seen"
    [ "$seen" = "$line" ] || { echo "expected: $line" >&2; exit 1; }
done
