//! Files of whatever bytes.

use std::io::Write as _;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use sources::files::RowForms;

use super::{
    Arguments, action_source, action_sources,
    columns::{Columns, SaidOfColumns},
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
        written_in: None,
    }
}

/// Reads a file to its end; how many rows it has, and how many of them are events.
fn read_through(bytes: &[u8]) -> Result<(usize, usize), Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let name = file.path().to_str().unwrap();
    let sample = FileReader::open(name)?.sample(10)?;
    let columns = Columns::of(&sample, &SaidOfColumns::default(), forms())?;
    columns.described(&sample, 0);
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

#[test]
fn a_row_stands_in_the_line_in_which_it_begins() {
    let lines = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let name = file.path().to_str().unwrap();
        let sample = FileReader::open(name).unwrap().sample(10).unwrap();
        let mut reader = FileReader::again(name, &sample).unwrap();
        let rows = std::iter::from_fn(|| reader.next().unwrap().map(|row| row.line));
        (sample.header_line.unwrap_or(1), rows.collect::<Vec<_>>())
    };
    let table = "\nTitle\n\norder_id,date\n1,x\n\n\n\"2\n2\",x\n3,x\n,\n\n4,x";
    assert_eq!(lines(table), (4, vec![5, 8, 10, 13]));
    assert_eq!(lines(&format!("{table}\n\n")), (4, vec![5, 8, 10, 13]));
    assert_eq!(lines(&table.replace('\n', "\r\n")), (4, vec![5, 8, 10, 13]));
    assert_eq!(lines("sep=,\r\norder_id,date\r\n\r\n1,x\r\n"), (1, vec![4]));
    assert_eq!(lines("order_id,date\r1,x\r2,x\r"), (1, vec![2, 3]));
}

#[test]
fn what_is_read_of_a_row_stands_beside_what_stands_in_it() {
    let described = |rows: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "Order ID,Date,Total,Currency,City\n{rows}").unwrap();
        let sample = FileReader::open(file.path().to_str().unwrap()).unwrap().sample(10).unwrap();
        Columns::of(&sample, &SaidOfColumns::default(), forms())
            .unwrap()
            .described(&sample, 1_779_989_200)
            .join("\n")
    };
    let said =
        described("1,yesterday,x,,Bursa\n2,2026-05-27 20:26,\"1.299,90 €\",,\n3,2026-05-26,5,£,Ankara\n");
    for part in [
        "Order ID  order_id            2\n",
        "Date      event_time          2026-05-27 20:26  (read as 2026-05-27T20:26:00Z)\n",
        "Total     value               1.299,90 €  (read as 1299.9 EUR)\n",
        "Currency  currency            £\n",
        "City      ct                  B…  (5 characters)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = described("1,yesterday,x,,Bursa\n2,tomorrow,5,,Ankara\n");
    assert!(
        said.contains("event_time          yesterday\n") && said.contains("value               x\n"),
        "{said}"
    );
    assert!(described("").contains("order_id            (empty)\n"));
}

#[test]
fn rows_in_whose_column_something_else_stands_are_left_out() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let rows =
        "1,2026-05-27,5,Lost,web\n2,2026-05-27,6,CLOSED won,Shop\n3,2026-05-27,7,Won,web\n4,2026-05-27,8\n";
    write!(file, "ID,Closed at,Budget,Lead stage,Place\n{rows}").unwrap();
    let sample = FileReader::open(file.path().to_str().unwrap()).unwrap().sample(10).unwrap();
    let meant = |only: &[&str]| {
        let only: Vec<String> = only.iter().map(|one| (*one).to_owned()).collect();
        let said = SaidOfColumns { only: &only, ..SaidOfColumns::default() };
        let columns = Columns::of(&sample, &said, forms()).map_err(|error| error.to_string())?;
        let rows = sample.rows.iter().filter(|row| columns.is_meant(row)).map(|row| row[0].as_str());
        Ok::<_, String>((
            rows.collect::<Vec<_>>().join(","),
            columns.described(&sample, 1_779_989_200).join("\n"),
        ))
    };
    let (rows, said) = meant(&[]).unwrap();
    assert_eq!(rows, "1,2,3,4");
    assert!(
        said.contains("--only \"Lead stage=CLOSED won\" --only \"Lead stage=Won\"")
            && said.contains("(read as 5 TRY)"),
        "{said}"
    );
    let (rows, said) = meant(&["lead stage=Closed won"]).unwrap();
    assert_eq!(rows, "2");
    assert!(said.contains("only                Closed won") && said.contains("(read as 6 TRY)"), "{said}");
    assert!(!said.contains("not used: Lead stage"), "{said}");
    assert_eq!(meant(&["Lead stage=closed won", "4=won"]).unwrap().0, "2,3");
    assert_eq!(meant(&["Lead stage=won", "Place=shop"]).unwrap().0, "");
    assert!(meant(&["won"]).unwrap_err().contains("COLUMN=TEXT"));
    assert!(meant(&["Stage=won"]).unwrap_err().contains("no column \"Stage\""));
}

#[test]
fn where_an_event_happened_is_the_same_list_everywhere() {
    let known = action_sources();
    let arguments = <Arguments as clap::Args>::augment_args(clap::Command::new("import"));
    let help = arguments.get_arguments().find(|one| one.get_id() == "action_source").unwrap().get_help();
    assert!(help.unwrap().to_string().contains(&known), "{known}");
    assert!(known.contains("email") && action_source("email").is_ok());
    assert!(action_source("business_messaging").is_err_and(|said| said.contains(&known)));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "Order ID,Date,Total\n1,2026-05-27,5\n").unwrap();
    let sample = FileReader::open(file.path().to_str().unwrap()).unwrap().sample(10).unwrap();
    let nowhere = RowForms { action_source: None, ..forms() };
    let error = Columns::of(&sample, &SaidOfColumns::default(), nowhere).map(drop).unwrap_err();
    assert!(error.to_string().contains(&known), "{error}");
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
