//! Files as people save them from spreadsheets, with all that stands in them besides orders.

use std::{fmt::Write as _, fs};

use super::{NOBODY, file, import, now_s, shop, summary, written};

/// A letter a byte, as Excel saves it in Turkey.
fn windows_1254(text: &str) -> Vec<u8> {
    let byte = |letter| match letter {
        'ş' => 0xFE,
        'Ş' => 0xDE,
        'ı' => 0xFD,
        'İ' => 0xDD,
        'ğ' => 0xF0,
        letter => u8::try_from(u32::from(letter)).unwrap(),
    };
    text.chars().map(byte).collect()
}

const OF_A_SHOP: [&str; 2] = ["--action-source", "physical_store"];

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_the_orders_is_none() {
    let site = shop(NOBODY, "elsewhere");
    let time = written(now_s() - 3600);
    let (day, _) = time.split_once(' ').unwrap();
    let header = "Sipariş No;Tarih;Müşteri Adı;Telefon;Tutar";
    let row = |id: &str| format!("{id};{time};Ada Kaya;0532 111 22 33;\"1.299,90 TL\"");
    let months = [
        "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım",
        "Aralık",
    ];
    let month: usize = day[3..5].parse().unwrap();
    let in_words = format!("{} {} {}", &day[..2], months[month - 1], &day[6..]);
    let wide = (0..200).map(|n| format!("Özellik {n}")).collect::<Vec<_>>().join(";");
    for (name, text, [rows, taken], wanted) in [
        (
            "title",
            format!("SATIŞ RAPORU;;;;\n{day} tarihli;;;;\n;;;;\n{header}\n{}\n", row("1")),
            [1, 1],
            "stand in line 4",
        ),
        ("short title", format!("Satışlar, Mayıs\n\n{header}\n{}\n", row("1")), [1, 1], "stand in line 3"),
        ("sum", format!("{header}\n{}\n{}\n;;;TOPLAM;\"2.599,80 TL\"\n", row("1"), row("2")), [3, 2], "name"),
        ("bare sum", format!("{header}\n{}\n;;;;\"1.299,90 TL\"\n", row("1")), [2, 1], "name"),
        ("pages", format!("{header}\n{}\n\n;;;;\n{header}\n{}\n", row("1"), row("2")), [2, 2], "name"),
        (
            "column of liras",
            format!("{}\n1;{time};Ada Kaya;05321112233;1299,9\n", header.replace("Tutar", "Tutar (TL)")),
            [1, 1],
            "(read as 1299.9 TRY)",
        ),
        (
            "two phones",
            format!("{header};Cep Telefonu\n{};05334445566\n", row("1")),
            [1, 1],
            "Cep Telefonu  ph",
        ),
        (
            "phones of a cell",
            format!("{header}\n1;{time};Ada Kaya;0532 111 22 33 / 0533 444 55 66;5 TL\n"),
            [1, 1],
            "name",
        ),
        (
            "month in words",
            format!("{header}\n1;{in_words};Ada Kaya;05321112233;5 TL\n"),
            [1, 1],
            "(read as 20",
        ),
        (
            "line breaks",
            format!("{header};Adres\n{};\"Moda Cd.\nNo: 5\n\nKadıköy\"\n{};x\n", row("1"), row("2")),
            [2, 2],
            "not used: Adres",
        ),
        ("200 columns", format!("{header};{wide}\n{};x\n", row("1")), [1, 1], "Özellik 29 and 170 more"),
        ("unnamed columns", format!("{header};;;\n{};;;\n", row("1")), [1, 1], "Müşteri Adı  name "),
    ] {
        let path = file(&site, &format!("{name}.csv"), text.as_bytes());
        let dry = [&OF_A_SHOP[..], &["--dry-run"]].concat();
        let (code, answer) = summary(&site, &path, &dry);
        assert_eq!(
            (code, &answer["rows"], &answer["taken"]),
            (Some(0), &rows.into(), &taken.into()),
            "{name}: {answer}"
        );
        let (_, printed, said) = import(&site, &path, &dry);
        assert!(said.contains(wanted), "{name}: {said}{printed}");
        assert!(!said.contains("not used: ,") && !said.contains("not used: \n"), "{name}: {said}");
    }
    let (_, printed, _) =
        import(&site, &site.folder.path().join("sum.csv"), &[&OF_A_SHOP[..], &["--dry-run"]].concat());
    assert!(printed.contains("1 adds up the others and is no row: line 4\n"), "{printed}");
    let torn = format!(
        "Sipariş No,Tarih,Telefon,Tutar\n1,{time},05321112233,129,90\n2,{time},05321112233,\"129,90\",\n"
    );
    let path = file(&site, "torn.csv", torn.as_bytes());
    let bad = site.folder.path().join("torn-refused.csv");
    let more = [&OF_A_SHOP[..], &["--yes", "--refused", bad.to_str().unwrap()]].concat();
    let (_, printed, _) = import(&site, &path, &more);
    assert!(
        printed.starts_with("2 rows: 1 taken\n") && printed.contains("without quotes?; line 2\n"),
        "{printed}"
    );
    assert!(fs::read_to_string(&bad).unwrap().trim_end().ends_with("without quotes?\",90"));
    let products = format!("{header}\n{}\n{}\n{}\n", row("1"), row("1").replace("1.299", "199"), row("2"));
    let path = file(&site, "products.csv", products.as_bytes());
    let (_, printed, _) = import(&site, &path, &[&OF_A_SHOP[..], &["--dry-run"]].concat());
    assert!(printed.contains("1 row: it has the id of the row above it and another amount"), "{printed}");
    let unknown = format!("Fiş,Tarih,Telefon,Tutar\n1,{time},05321112233,5\n");
    let (code, _, said) = import(&site, &file(&site, "unknown.csv", unknown.as_bytes()), &OF_A_SHOP);
    assert!(
        code == Some(2) && said.contains("the columns of the file: Fiş, Tarih, Telefon, Tutar\n"),
        "{said}"
    );
    for (name, bytes, wanted) in [
        ("quoted.csv", &b"\"Tarih;Tutar\"\n\"1;2\"\n"[..], "in quotes as one cell"),
        ("~$sales.xlsx", b"\x05Admin\0\0", "import the file without ~$ before its name"),
        ("sales.xlsx", b"PK\x03\x04\x14\0", "save it as CSV UTF-8"),
        ("really.csv", b"PK\x03\x04\x14\0", "save it as CSV UTF-8"),
        ("wide.csv", b"S\0i\0p\0;\0T\0", "UTF-16 without a mark"),
    ] {
        let (code, _, said) = import(&site, &file(&site, name, bytes), &OF_A_SHOP);
        assert!(code == Some(2) && said.contains(wanted) && !said.contains("Admin"), "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_open_in_excel_and_are_imported_as_they_are() {
    let site = shop(NOBODY, "elsewhere");
    let time = written(now_s() - 3600);
    let table = format!(
        "Sipariş No;Tarih;Ad Soyad;Telefon;Tutar\r\n1;dün;Gökçe Şen Işık;05321112233;5 TL\r\n2;{time};Ada Kaya;05321112233;x\r\n"
    );
    let marked = [b"\xEF\xBB\xBF", table.as_bytes()].concat();
    for (name, bytes) in
        [("turkish", windows_1254(&table)), ("marked", marked), ("plain", table.into_bytes())]
    {
        let path = file(&site, &format!("{name}.csv"), &bytes);
        let bad = |round: &str| site.folder.path().join(format!("{name}-{round}.csv"));
        let refuse = |path, into: &std::path::Path| {
            let more = ["--yes", "--refused", into.to_str().unwrap()];
            import(&site, path, &[&OF_A_SHOP[..], &more].concat())
        };
        let (code, printed, said) = refuse(&path, &bad("first"));
        assert_eq!(code, Some(1), "{printed}{said}");
        let first = fs::read_to_string(bad("first")).unwrap();
        let header = "\u{feff}Sipariş No;Tarih;Ad Soyad;Telefon;Tutar;refused line;refused because\r\n";
        assert!(
            first.starts_with(header) && first.contains("1;dün;Gökçe Şen Işık;05321112233;5 TL;2;"),
            "{first}"
        );
        assert_eq!((first.matches("\r\n").count(), first.matches('\n').count()), (3, 3), "{first}");
        let (code, _, said) = refuse(&path, &bad("first"));
        assert!(code == Some(1) && said.contains("choose another name, or delete it"), "{said}");
        // One of them is mended; of the other one it is said anew.
        let mended = file(&site, &format!("{name}-mended.csv"), first.replace("dün", &time).as_bytes());
        let (code, printed, said) = refuse(&mended, &bad("second"));
        assert!(code == Some(1) && printed.starts_with("2 rows: "), "{printed}{said}");
        assert!(!said.contains("refused line"), "{said}");
        let second = fs::read_to_string(bad("second")).unwrap();
        assert!(second.starts_with(header), "{second}");
        assert_eq!(second.lines().nth(1).unwrap().matches(';').count(), 6, "{second}");
        assert!(second.contains("x;3;value: "), "{second}");
    }
    let lines = "{\"order_id\":1,\"date\":\"dün\",\"total\":5}\n";
    let bad = ["once", "again"].map(|name| site.folder.path().join(format!("{name}.jsonl")));
    let from = [file(&site, "lines.jsonl", lines.as_bytes()), bad[0].clone()];
    for (from, into) in from.iter().zip(&bad) {
        let more = ["--yes", "--refused", into.to_str().unwrap()];
        assert_eq!(import(&site, from, &[&OF_A_SHOP[..], &more].concat()).0, Some(1));
        let kept = fs::read_to_string(into).unwrap();
        assert_eq!((kept.lines().count(), kept.matches("kopru_refused").count()), (1, 1), "{kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_how_orders_ended_says_what_stands_in_it() {
    let site = shop(NOBODY, "elsewhere");
    let time = written(now_s() - 3600);
    let mut text = "Sipariş No;Tarih;Ad;Soyad;Telefon;Tutar;Ödeme Durumu\n".to_owned();
    for (status, rows) in [("Ödendi", 13), ("İptal", 1), ("Beklemede", 1)] {
        for row in 0..rows {
            writeln!(text, "{status}-{row};{time};Ada;Kaya;05321112233;5 TL;{status}").unwrap();
        }
    }
    let path = file(&site, "orders.csv", text.as_bytes());
    let dry = [&OF_A_SHOP[..], &["--dry-run"]].concat();
    let (_, _, said) = import(&site, &path, &dry);
    assert!(said.contains("go, too: Ödendi 13, Beklemede 1, İptal 1\n"), "{said}");
    let (_, only) = said.split_once("likely paid alone: --only \"").unwrap();
    let (only, _) = only.split_once('"').unwrap();
    let (_, answer) = summary(&site, &path, &[&dry[..], &["--only", only]].concat());
    assert_eq!((&answer["taken"], &answer["left_out"]), (&13.into(), &2.into()), "{answer}");
}
