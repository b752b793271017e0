//! Causes that come as English text, in the language of the page: of CRMs that give no answer, and of what Meta
//! says.

use super::Language;

/// Below what causes stand among the texts; the English one is what the loops say, to the letter.
const CAUSES: &str = "cause.";
/// Before the HTTP status of whoever answers in Meta's place.
const FOREIGN: &str = "HTTP ";

/// Why a CRM or Meta gave no answer, as the loops say it. One that nobody has translated stands in the log.
pub(super) fn said(cause: &str, t: Language) -> String {
    if t == Language::English {
        return cause.to_owned();
    }
    known(cause, t).unwrap_or_else(|| t.text("other_cause").to_owned())
}

/// Meta's reply, which is a quotation unless it is a cause of ours.
pub(super) fn reply(reply: &str, t: Language) -> String {
    known(reply, t).unwrap_or_else(|| reply.to_owned())
}

fn known(cause: &str, t: Language) -> Option<String> {
    Language::English.key_of(CAUSES, cause).map(|(key, parts)| t.filled(key, &parts))
}

/// Why events are paused: Meta's words, or in another language than Meta's what its code means.
pub(super) fn of_pause(cause: &str, code: &str, t: Language) -> String {
    if t == Language::English {
        return cause.trim_end_matches('.').to_owned();
    }
    if let Some(status) = code.strip_prefix(FOREIGN) {
        return t.filled("meta.foreign", &[("code", status)]);
    }
    let mut numbers = code.split('/').rev().filter_map(|number| number.parse().ok());
    let meaning = numbers.find_map(|number: u32| {
        let number = match number {
            200..=299 => 200,
            80_000..=80_014 => 80_000,
            number => number,
        };
        Some(t.text(&format!("meta.{number}"))).filter(|text| !text.is_empty())
    });
    let meaning = meaning.unwrap_or_else(|| t.text("meta.other"));
    format!("{meaning} ({code})")
}

/// What Meta would refuse: a code and English words.
pub(super) fn of_check(detail: &str, t: Language) -> String {
    match detail.split_once(": ") {
        Some((code, _)) if t != Language::English && code.parse::<u32>().is_ok() => {
            t.filled("meta.would_refuse", &[("code", code)])
        }
        _ => said(detail, t),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kopru_core::AmountFault;

    use super::*;

    #[test]
    fn no_cause_is_english_on_a_turkish_page() {
        let mut causes: Vec<&str> = (0..=599)
            .filter_map(|status| sources::judge_status(status, Some(Duration::ZERO)).err())
            .map(|failure| failure.why)
            .collect();
        causes.extend(["no connection", "no answer in time", sources::Drift::HISTORY_HIDDEN]);
        for cause in causes {
            assert_eq!(said(cause, Language::English), cause);
            let turkish = said(cause, Language::Turkish);
            assert!(
                turkish != cause && turkish != Language::Turkish.text("other_cause"),
                "{cause}: {turkish}"
            );
        }
        let amounts = |field| {
            [
                AmountFault::Negative.said(field),
                AmountFault::TooLarge.said(field),
                AmountFault::TooFine("0.01 TRY".into()).said(field),
            ]
        };
        let field = Some("Net is {more} \" is");
        let of_field = amounts(field).into_iter().chain([AmountFault::Unclear.said(field)]);
        for detail in amounts(None).into_iter().chain(of_field) {
            assert_eq!(of_check(&detail, Language::English), detail);
            let turkish = of_check(&detail, Language::Turkish);
            assert_ne!(turkish, Language::Turkish.text("other_cause"), "{detail}");
            assert_eq!(turkish.contains("Net is {more} \" is"), detail.contains("Net"), "{turkish}");
            assert_eq!(turkish.contains("0.01 TRY"), detail.contains("0.01 TRY"), "{turkish}");
        }
        assert_eq!(said("never heard of", Language::Turkish), "nedeni günlükte yazıyor");
        assert_eq!(reply("Invalid parameter", Language::Turkish), "Invalid parameter");
    }

    #[test]
    fn what_meta_says_is_told_by_its_code() {
        let turkish = |code| of_pause("Error validating access token.", code, Language::Turkish);
        assert_eq!(turkish("190/463"), "Erişim belirteci geçerli değil (190/463)");
        assert_eq!(turkish("200"), "Bir izin eksik (200)");
        assert_eq!(turkish("294"), "Bir izin eksik (294)");
        assert_eq!(turkish("80004"), "İşletme bu türden çok fazla istek gönderdi (80004)");
        assert_eq!(turkish("100/2804132"), "Veri setine bağlı WhatsApp Business hesabı yok (100/2804132)");
        assert_eq!(turkish("HTTP 502"), "Meta'nın yerine başkası yanıt veriyor (HTTP 502)");
        assert_eq!(turkish("987654"), "Meta bir hata kodu verdi (987654)");
        assert_eq!(of_pause("As it is.", "190", Language::English), "As it is");
        let detail = "2804009: the value is missing";
        assert_eq!(of_check(detail, Language::Turkish), "Meta bunu 2804009 koduyla reddederdi");
        assert_eq!(of_check(detail, Language::English), detail);
    }
}
