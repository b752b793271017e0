#!/usr/bin/env bash
# Which call SQLite flushes with depends on who built it: some packages take fsync for every commit where
# others take fdatasync.
#
# Versions: pysqlite3-binary 0.5.4.post2, the crate libsqlite3-sys 0.40.0 (feature `bundled`, as rusqlite 0.43
#   builds it) and better-sqlite3 12.11.1 use fsync; apsw 3.54.1.0 uses fdatasync, as Debian's libsqlite3 does.
# Behaviour: SQLite means to flush with fdatasync, and its `configure` finds out whether the system has it.
#   Packages that compile the single file sqlite3.c without `configure` do not say HAVE_FDATASYNC, and then the
#   source replaces fdatasync by fsync in silence. `PRAGMA compile_options` says nothing of it. Each commit of a
#   write-ahead log that is written over in place then waits for the file's times too. With the crate, the
#   environment variable LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1 at build time mends it.
# Output seen: which of the two calls each build imports:
#   pysqlite3-binary fsync, apsw fdatasync, better-sqlite3 fsync, libsqlite3-sys fsync,
#   libsqlite3-sys with the flag fdatasync.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The calls that a library or an archive imports and that flush a file.
flushes() { nm "$@" | awk '{ sub(/@.*/, "", $NF); print $NF }' | grep -xE 'fsync|fdatasync' | sort -u | paste -sd+; }
check() {
    echo "$1 $2"
    [ "$2" = "$3" ] || { echo "expected: $3" >&2; exit 1; }
}

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysqlite3-binary==0.5.4.post2 apsw==3.54.1.0
check pysqlite3-binary "$(flushes -D venv/lib/python*/site-packages/pysqlite3/_sqlite3*.so)" fsync
check apsw "$(flushes -D venv/lib/python*/site-packages/apsw/__init__*.so)" fdatasync

npm install --silent --no-audit --no-fund --prefix . better-sqlite3@12.11.1 >/dev/null
check better-sqlite3 "$(flushes -D node_modules/better-sqlite3/build/Release/better_sqlite3.node)" fsync

mkdir -p crate/src
cat >crate/Cargo.toml <<'TOML'
[package]
name = "flushes"
version = "0.0.0"
edition = "2024"
[dependencies]
libsqlite3-sys = { version = "=0.40.0", features = ["bundled"] }
TOML
echo 'use libsqlite3_sys as _; fn main() {}' >crate/src/main.rs
archive() { find "$1" -name libsqlite3.a; }
(cd crate && cargo build --quiet --target-dir ../plain)
check libsqlite3-sys "$(flushes "$(archive plain)")" fsync
(cd crate && LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1 cargo build --quiet --target-dir ../flag)
check "libsqlite3-sys with the flag" "$(flushes "$(archive flag)")" fdatasync
