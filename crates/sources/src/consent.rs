//! How people and their programs answer whether somebody agreed. Only what is known to be a yes is one, and whatever
//! denies is a no; what neither can be read from is unclear, which is less than nothing said.

use capi::catalogue::fold;
use kopru_core::ConsentAnswer;
use serde_json::Value;

/// What a property is called that says whether a person agreed, folded. Whole names alone: consent to one channel
/// (`sms_consent`) and to terms (`terms_consent`) says nothing of advertising, and `gdpr` says whether a law applies. Our
/// own collection.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "consent", "consents", "consented", "consentgiven", "consentstatus", "hasconsent", "isconsented", "userconsent",
    "customerconsent", "marketingconsent", "adconsent", "adsconsent", "advertisingconsent", "trackingconsent",
    "cookieconsent", "dataconsent", "gdprconsent", "kvkkconsent",
    "onay", "onayi", "onayverildi", "riza", "rizasi", "acikriza", "kvkkonay", "kvkkonayi", "kvkkriza", "izin",
    "pazarlamaonayi", "pazarlamaizni", "reklamonayi", "reklamizni", "cerezonayi", "cerezizni", "musterionayi",
    "einwilligung", "zustimmung", "consentement", "consentimiento", "consentimento", "consenso", "toestemming",
    "согласие", "موافقه",
];

/// Whether a property's name says by itself that it holds a person's consent.
pub(crate) fn is_named_consent(name: &str) -> bool {
    NAMES.contains(&fold(name).as_str())
}

/// Whether a value is a plain no: one answer that denies. What else stands in an object or a list under such a name, and
/// to what its parts answer, is not known.
pub(crate) fn is_plain_no(value: &Value) -> bool {
    let is_plain = match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.trim_start().starts_with(['{', '[']),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    is_plain && answer(value) == Some(ConsentAnswer::No)
}

/// What says yes, as a whole, in lower case: checkboxes, what people choose in lists, consent tools.
#[rustfmt::skip]
const YES: &[&str] = &[
    "true", "1", "1.0", "on", "y", "yes", "yes please", "ok", "okay", "✓", "✔", "✅", "☑", "👍",
    "granted", "accepted", "accept", "agreed", "agree", "i agree", "allowed", "allow", "opt-in", "opt in", "opted-in",
    "opted in", "consented", "consent given", "subscribed",
    "evet", "evet istiyorum", "evet onaylıyorum", "var", "izin var", "onay var", "onay verdi", "onay verildi", "onaylandı",
    "onaylıyorum", "onaylı", "kabul", "kabul ediyorum", "kabul etti", "kabul edildi", "izin verdi", "izin verildi",
    "izin veriyorum", "izinli", "istiyorum",
    "ja", "einverstanden", "zugestimmt", "oui", "j'accepte", "accepté", "d'accord",
    "sim", "aceito", "autorizo", "aceite", "sí", "si", "acepto", "aceptado", "autorizado", "de acuerdo",
    "да", "согласен", "согласна", "согласие", "نعم", "موافق", "اوافق", "أوافق",
];

/// What denies, as a word of a text, in lower case.
#[rustfmt::skip]
const NO: &[&str] = &[
    "false", "off", "n", "no", "not", "non", "none", "never", "don't", "dont", "doesn't", "didn't", "won't", "cannot", "can't",
    "without", "stop", "denied", "deny", "rejected", "reject", "declined", "decline", "refused", "refuse", "revoked",
    "withdrawn", "disagree", "disagreed", "disallowed", "opt-out", "opted-out", "optout", "out", "unsubscribe",
    "unsubscribed", "blocked", "objected", "forbidden",
    "hayır", "hayir", "yok", "değil", "degil", "red", "ret", "reddet", "iptal", "olmaz", "asla", "izinsiz", "onaysız",
    "reddetti", "reddedildi", "reddediyorum", "reddediyor", "istemez", "yasak", "vazgeçti", "geri", "çekildi",
    "nein", "nicht", "kein", "keine", "keinen", "nie", "abgelehnt", "ablehnen", "widerrufen", "verweigert",
    "pas", "jamais", "refusé", "refuse", "refus", "aucun", "sans",
    "não", "nao", "nunca", "sem", "recuso", "recusou", "recusado", "nega", "negado", "ninguno", "rechazo", "rechazado",
    "rechazó", "sin", "nee", "niet", "geen", "nie", "rifiuto", "rifiutato",
    "нет", "не", "ни", "без", "отказ", "отказался", "отказалась", "запрещено", "запрет", "против",
    "لا", "لم", "ليس", "غير", "بدون", "رفض", "ارفض", "أرفض", "مرفوض",
];

/// How words of Turkish end that deny: `istemiyorum`, `onaylamıyor`, `vermedi`, `verilmedi`, `istemem`.
#[rustfmt::skip]
const DENYING_ENDINGS: &[&str] = &[
    "mıyorum", "miyorum", "muyorum", "müyorum", "mıyor", "miyor", "muyor", "müyor", "mıyoruz", "miyoruz", "medi", "madı",
    "medim", "madım", "memiş", "mamış", "memis", "mamis", "madi", "mez", "maz", "mem", "mam", "meyin", "mayın",
];

/// Signs that deny.
const CROSSES: &[char] = &['✗', '✘', '❌', '☒', '🚫', '⛔', '👎', '✖', '×'];

/// What a value of whatever shape answers; nothing where nothing is said.
pub(crate) fn answer(value: &Value) -> Option<ConsentAnswer> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { ConsentAnswer::Yes } else { ConsentAnswer::No }),
        Value::Array(values) => values.iter().filter_map(answer).reduce(ConsentAnswer::and),
        // Whose yes it is that stands within is not known.
        Value::Object(fields) if fields.is_empty() => None,
        Value::Object(fields) => {
            let is_denied = fields.values().any(|value| answer(value) == Some(ConsentAnswer::No));
            Some(if is_denied { ConsentAnswer::No } else { ConsentAnswer::Unclear })
        }
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(ConsentAnswer::No),
        Value::Number(number) => said(&number.to_string()),
        Value::String(text) => said(text),
    }
}

fn said(text: &str) -> Option<ConsentAnswer> {
    let text = text.trim().to_lowercase().replace("i\u{307}", "i");
    if text.is_empty() {
        return None;
    }
    if text.starts_with(['{', '['])
        && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(&text)
    {
        return answer(&value);
    }
    let is_between = |sign: char| !(sign.is_alphanumeric() || matches!(sign, '-' | '\'' | '’'));
    let words: Vec<String> =
        text.split(is_between).filter(|word| !word.is_empty()).map(|word| word.replace('’', "'")).collect();
    let is_zero = text.chars().any(|sign| sign == '0') && text.chars().all(|sign| "0.,-+".contains(sign));
    let denies = |word: &String| {
        NO.contains(&word.as_str())
            || DENYING_ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending))
    };
    if is_zero || text.contains(CROSSES) || words.iter().any(denies) {
        return Some(ConsentAnswer::No);
    }
    let is_yes = YES.contains(&text.as_str()) || YES.contains(&words.join(" ").as_str());
    Some(if is_yes { ConsentAnswer::Yes } else { ConsentAnswer::Unclear })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_of_consent_is_known_as_a_whole() {
        for name in NAMES {
            assert_eq!(fold(name), *name);
        }
        let names = [
            "consent",
            "Consent ",
            "GDPR_consent",
            "marketing-consent",
            "onay",
            "Rıza",
            "AÇIK_RIZA",
            "موافقة",
        ];
        let unknown: Vec<&str> = names.into_iter().filter(|name| !is_named_consent(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let names = [
            "",
            "sms_consent",
            "email_consent",
            "terms_consent",
            "consent_id",
            "consent_date",
            "onay_kodu",
            "siparis_onayi",
            "izin_no",
            "gdpr",
            "confirmed",
            "agreed",
            "opt_out",
            "newsletter",
        ];
        let taken: Vec<&str> = names.into_iter().filter(|name| is_named_consent(name)).collect();
        assert!(taken.is_empty(), "{taken:?}");
    }

    #[test]
    #[rustfmt::skip]
    fn a_no_is_plain_as_one_answer() {
        for no in [json!(false), json!(0), json!("hayır"), json!("No"), json!("denied"), json!("0")] {
            assert!(is_plain_no(&no), "{no}");
        }
        let others = [
            json!(true), json!("evet"), json!("perhaps"), json!(null), json!(""), json!(["no"]), json!({"version": 0}),
            json!("{\"version\":0}"), json!(7),
        ];
        for other in others {
            assert!(!is_plain_no(&other), "{other}");
        }
    }

    #[test]
    fn a_number_is_read_as_it_is_written() {
        for no in [json!(0), json!(0.0), json!(-0.0), json!([0.0]), json!("0.0")] {
            assert_eq!(answer(&no), Some(ConsentAnswer::No), "{no}");
        }
        assert_eq!(answer(&json!(1)), Some(ConsentAnswer::Yes));
        assert_eq!(answer(&json!(1.0)), Some(ConsentAnswer::Yes));
        assert_eq!(answer(&json!(0.5)), Some(ConsentAnswer::Unclear));
    }

    #[test]
    #[rustfmt::skip]
    fn the_words_of_people_and_of_consent_tools_are_read() {
        let spoken = |values: &[Value], said: Option<ConsentAnswer>| {
            let wrong: Vec<&Value> = values.iter().filter(|value| answer(value) != said).collect();
            assert!(wrong.is_empty(), "not {said:?}: {wrong:?}");
        };
        let yes = [
            json!(true), json!(1), json!("1.0"), json!("Evet"), json!("EVET"), json!("granted"), json!(" On "), json!("opt-in"),
            json!("Opted in"), json!("İzin Verildi"), json!("Onaylıyorum"), json!("evet, istiyorum"), json!("Yes!"),
            json!("Ja"), json!("Oui"), json!("Sim"), json!("Sí"), json!("да"), json!("نعم"), json!("✓"), json!(["yes"]),
        ];
        spoken(&yes, Some(ConsentAnswer::Yes));
        let no = [
            json!(false), json!(0), json!("0.0"), json!("0,0"), json!("denied"), json!("Rejected"), json!("opt-out"), json!("off"),
            json!("Reddedildi"), json!("hayır, istemiyorum"), json!("HAYIR"), json!("Onay vermedi"), json!("onaylamıyorum"),
            json!("Reddetti"), json!("reddediyorum"), json!("izin yok"), json!("İzin Verilmedi"), json!("Yok"),
            json!("İSTEMİYORUM"), json!("kabul etmiyorum"), json!("opted out"), json!("No consent"), json!("Do not contact"),
            json!("Don’t call"), json!("nein"), json!("нет"), json!("не согласен"), json!("✗"), json!("❌"),
            json!("Não autorizo"), json!("No autorizo"), json!("pas d'accord"), json!("kein Interesse"), json!("غير موافق"),
            json!({"a": "no"}), json!("{\"a\":\"no\"}"), json!({"marketing": false}), json!(["yes", "no"]),
            json!("yes, but no calls"),
        ];
        spoken(&no, Some(ConsentAnswer::No));
        let unclear = [
            json!("perhaps"), json!("whatsapp"), json!("2"), json!({"a": "yes"}), json!("x"),
            json!("yes but later"), json!(17), json!(["yes", "whatsapp"]),
        ];
        spoken(&unclear, Some(ConsentAnswer::Unclear));
        spoken(&[json!(null), json!(""), json!("  "), json!([]), json!({}), json!([null])], None);
    }
}
