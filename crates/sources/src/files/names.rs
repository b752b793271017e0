//! Whether a column of names holds first names or names in full: its own name says it rarely, its values often do.

use super::keys::{FileKey, find_key};

/// Names of columns that hold first names beside a column of family names, and names in full without one.
const EITHER: [&str; 5] = ["musteriadi", "uyeadi", "aliciadi", "faturaadi", "teslimatadi"];

/// Makes a column of first names one of names in full, or the other way round, where the other columns and the values
/// of some rows say so. `folded` are the names of the columns.
pub(super) fn settle(columns: &mut [Option<&'static FileKey>], folded: &[String], rows: &[Vec<String>]) {
    let place = |name| place_of(columns, name);
    match (place("fn"), place("ln"), place("name")) {
        (None, Some(_), Some(name)) if EITHER.contains(&folded[name].as_str()) => {
            columns[name] = find_key("fn");
        }
        (Some(first), None, None) => {
            let (several, all) = several_words(rows, first);
            if several * 2 > all {
                columns[first] = find_key("name");
            }
        }
        _ => {}
    }
}

/// The column of names of which nobody can say whether they are first names: some of its values have several words,
/// most have one, and there are no family names. With how many have several, and of how many.
pub fn unsure_name(
    columns: &[Option<&'static FileKey>],
    rows: &[Vec<String>],
) -> Option<(usize, usize, usize)> {
    let place = place_of(columns, "fn").or_else(|| place_of(columns, "name"))?;
    let (several, all) = several_words(rows, place);
    let is_unsure = place_of(columns, "ln").is_none() && several * 5 >= all && several * 2 <= all;
    (is_unsure && all > 0).then_some((place, several, all))
}

fn place_of(columns: &[Option<&'static FileKey>], name: &str) -> Option<usize> {
    columns.iter().position(|key| key.is_some_and(|key| key.name == name))
}

/// How many values of a column have several words, and how many there are.
fn several_words(rows: &[Vec<String>], place: usize) -> (usize, usize) {
    let values = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.split_whitespace().count());
    values
        .filter(|words| *words > 0)
        .fold((0, 0), |(several, all), words| (several + usize::from(words > 1), all + 1))
}

#[cfg(test)]
mod tests {
    use super::{super::guess, *};

    fn column(values: &[&str], columns: usize) -> Vec<Vec<String>> {
        values.iter().map(|value| vec![(*value).to_owned(); columns]).collect()
    }

    #[test]
    fn a_name_in_full_is_no_first_name() {
        let (full, first) = (["Ada Kaya", "Deniz Su", "Ece"], ["Ada", "Ayşe Nur", "Ece", "Can"]);
        for (header, values, keys) in [
            ("Müşteri Adı", &full[..], "name"),
            ("Müşteri Adı", &first[..], "name"),
            ("Müşteri Adı", &[], "name"),
            ("Üye Adı", &full, "name"),
            ("Alıcı Adı", &full, "name"),
            ("Fatura Adı", &full, "name"),
            ("Customer name", &full, "name"),
            ("Müşteri", &full, "name"),
            ("Ad Soyad", &full, "name"),
            ("Müşteri Adı Soyadı", &full, "name"),
            ("Ad", &full, "name"),
            ("First name", &full, "name"),
            ("Ad", &first, "fn"),
            ("İsim", &[], "fn"),
            ("Müşteri Adı,Müşteri Soyadı", &first, "fn,ln"),
            ("Üye Adı,Soyad", &full, "fn,ln"),
            ("Ad,Soyad", &full, "fn,ln"),
            ("Fatura Adı,Ad Soyad", &full, ",name"),
        ] {
            let header: Vec<&str> = header.split(',').collect();
            let guessed = guess(&header, &column(values, header.len()));
            let names: Vec<&str> = guessed.iter().map(|key| key.map_or("", |key| key.name)).collect();
            assert_eq!(names.join(","), keys, "{header:?} {values:?}");
        }
    }

    #[test]
    fn where_some_names_have_several_words_nobody_is_sure() {
        let unsure = |header: &[&str], values: &[&str]| {
            let rows = column(values, header.len());
            unsure_name(&guess(header, &rows), &rows)
        };
        let some = ["Ada", "Ayşe Nur", "Ece", ""];
        assert_eq!(unsure(&["Ad"], &some), Some((0, 1, 3)));
        assert_eq!(unsure(&["Müşteri Adı"], &some), Some((0, 1, 3)));
        assert_eq!(unsure(&["Ad", "Soyad"], &some), None);
        assert_eq!(unsure(&["Ad"], &["Ada", "Ece"]), None);
        assert_eq!(unsure(&["Ad"], &["Ada Kaya", "Ece"]), Some((0, 1, 2)));
        assert_eq!(unsure(&["Ad"], &["Ada Kaya", "Ece Su"]), None);
        assert_eq!(unsure(&["Ad"], &[]), None);
    }
}
