#!/usr/bin/env bash
# Until ANALYZE has run, SQLite leaves an index whose every column is given unused in a WITHOUT ROWID table,
# if one column of the primary key is given as well.
#
# Versions: SQLite 3.49.1 and 3.54.1 (as built into the package `apsw`).
# Behaviour: table (tenant, number, customer, item), PRIMARY KEY (tenant, number), index (tenant, customer,
#   item). A query, and an UPDATE, by tenant, customer and item goes through all rows of the tenant by the
#   primary key. The same table with a rowid uses the index, and so does this one after ANALYZE, which a
#   growing program rarely runs while its tables are full. So each look-up costs more with every row stored.
#   INDEXED BY, or a unary plus before `tenant`, avoids it in queries.
# Output seen: the plans below, for 20,000 rows of which one or two match.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat >"$folder/plans.py" <<'PYTHON'
import apsw

ROWS = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO line SELECT 1, i, 'c' || (i % 5000), 'i' || (i % 3), 'x' FROM n"""
WHERE = "WHERE tenant = ? AND customer = ? AND item = ?"

for kind in ("", "WITHOUT ROWID"):
    connection = apsw.Connection(":memory:")
    connection.execute(
        f"""CREATE TABLE line (tenant INTEGER, number INTEGER, customer TEXT, item TEXT, note TEXT,
                PRIMARY KEY (tenant, number)) {kind};
            CREATE INDEX line_customer ON line (tenant, customer, item);"""
    )
    connection.execute(ROWS)
    for statistics in ("", "ANALYZE"):
        connection.execute(statistics)
        for statement in ("SELECT note FROM line", "UPDATE line SET note = 'y'"):
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement} {WHERE}", (1, "c7", "i1"))
            steps = " / ".join(step[3] for step in plan)
            print("|".join((kind, statistics, statement.split()[0], steps)))
PYTHON

by_key="SEARCH line USING PRIMARY KEY (tenant=?)"
by_index="SEARCH line USING INDEX line_customer (tenant=? AND customer=? AND item=?)"
expected="||SELECT|$by_index
||UPDATE|$by_index
|ANALYZE|SELECT|$by_index
|ANALYZE|UPDATE|$by_index
WITHOUT ROWID||SELECT|$by_key
WITHOUT ROWID||UPDATE|$by_key
WITHOUT ROWID|ANALYZE|SELECT|$by_index
WITHOUT ROWID|ANALYZE|UPDATE|$by_index"

for version in 3.49.1.0 3.54.1.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "apsw==$version"
    seen="$("$folder/$version/bin/python" "$folder/plans.py")"
    echo "$version"
    echo "$seen"
    [ "$seen" = "$expected" ] || { echo "expected:"; echo "$expected"; exit 1; }
done
