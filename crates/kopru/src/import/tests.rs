//! Files of whatever bytes.

use std::io::Write as _;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use sources::files::RowForms;

use super::{
    columns::Columns,
    rows::{FileReader, FileRow},
};
use crate::Error;

fn forms() -> RowForms {
    RowForms {
        zone: TimeZone::UTC,
        order: None,
        mark: None,
        event_name: Some("Purchase".into()),
        action_source: Some("physical_store".into()),
        currency: Some("TRY".into()),
    }
}

/// Reads a file to its end; how many rows it has, and how many of them are events.
fn read_through(bytes: &[u8]) -> Result<(usize, usize), Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let name = file.path().to_str().unwrap();
    let sample = FileReader::open(name)?.sample(10)?;
    let columns = Columns::of(&sample, &[], None, forms())?;
    columns.show(&sample, 0);
    let mut reader = FileReader::again(name, &sample)?;
    let (mut rows, mut events, mut line) = (0, 0, 0);
    while let Some(row) = reader.next()? {
        assert!(row.line > line, "lines rise");
        line = row.line;
        rows += 1;
        events += match row.row {
            FileRow::Cells(cells) => usize::from(columns.reader().event(&cells, 0).is_ok()),
            FileRow::Event(_) => 1,
            FileRow::Broken(_) => 0,
        };
    }
    Ok((rows, events))
}

#[test]
fn rows_are_counted_with_their_ends() {
    let read = |text: &str| read_through(text.as_bytes()).unwrap();
    assert_eq!(read("order_id,date\r\n1,2026-05-01\r\n\r\n,\r\n\"2\n2\",2026-05-01"), (2, 2));
    assert_eq!(read("sep=;\norder_id;date\n1;2026-05-01\n"), (1, 1));
    assert_eq!(read("{\"order_id\":1,\"date\":\"2026-05-01\"}\n[]\n{\"user_data\":{}}\n"), (3, 2));
    let long =
        format!("{{\"user_data\":{{}}}}\n{{\"a\":\"{}\"}}\n{{\"user_data\":{{}}}}", "x".repeat(3 << 20));
    assert_eq!(read(&long), (3, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_rows_or_a_reason(
        mark in prop::sample::select(vec![&b""[..], b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF", b"sep=;\n", b"{", b"order_id,date,total\n"]),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b",;\t\"\n\r{}[]:0123456789.".to_vec())], 0..400),
    ) {
        let _ = read_through(&[mark, &bytes].concat());
    }
}
