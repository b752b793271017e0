//! Words beside a number that say what it is.

use crate::catalogue::fold;

/// What the words before a number say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordsBefore {
    /// It is called: `Tel: 05320000001`.
    Called,
    /// It numbers a thing: `Order 05320000001`.
    Numbered,
    /// Nothing.
    Nothing,
}

/// Words before a number that is called, folded. Our own collection, as all of these.
#[rustfmt::skip]
pub(super) const CALLED: &[&str] = &[
    "tel", "telno", "telefon", "telefonu", "telefonum", "telefonumdan", "gsm", "gsmno", "cep", "cebi", "cebim",
    "ceptel", "ceptelefonu", "ara", "arayin", "arayiniz", "arasin", "araniz", "ulasin", "ulasiniz", "iletisim",
    "faks", "numaram", "telefonnumarasi",
    "phone", "phoneno", "phonenumber", "telephone", "mobile", "mobil", "mob", "cell", "cellphone", "call", "calls",
    "callme", "dial", "ring", "contact", "hotline", "fax", "sms",
    "whatsapp", "whatsap", "watsap", "wp", "wa", "wsp", "viber", "telegram", "signal",
    "handy", "handynummer", "anruf", "anrufen", "ruf", "rufen", "rufnummer", "telefonnummer", "mobilnummer",
    "telefono", "movil", "celular", "llamar", "llame", "llama", "llamame", "telefone", "ligue", "ligar", "zap",
    "cellulare", "chiamare", "chiama", "portable", "appelez", "appeler", "telephonez", "bellen",
    "тел", "телефон", "моб", "мобильныи", "звоните", "позвоните", "звонить", "ватсап", "вотсап",
    "هاتف", "جوال", "موبايل", "واتساب", "اتصل",
];

/// Words between such a word and the number.
#[rustfmt::skip]
const BETWEEN: &[&str] = &[
    "no", "nr", "num", "number", "nummer", "numara", "numarasi", "numaram", "numero", "номер", "رقم", "is", "at", "me",
    "us", "on", "my", "to", "beni", "bizi", "su", "lutfen", "please", "send", "com", "ist", "unter", "mich", "al", "a",
];

/// Words before the number of a thing.
#[rustfmt::skip]
pub(super) const NUMBERED: &[&str] = &[
    "order", "orders", "siparis", "siparisi", "bestellung", "pedido", "commande", "ordine", "заказ", "sku", "barcode",
    "barkod", "barkodu", "ean", "gtin", "upc", "isbn", "ref", "reference", "referans", "kod", "kodu", "code", "stok",
    "stock", "model", "modeli", "parca", "part", "item", "urun", "product", "art", "artikel", "article", "fatura",
    "invoice", "takip", "tracking", "kargo", "id", "seri", "serial", "lot", "batch", "parti", "iban", "talep", "ticket",
    "bilet",
];

/// Words behind a number that is called. Names of the device are none: they begin the names of its cases.
#[rustfmt::skip]
const BEHIND: &[&str] = &[
    "ara", "arayin", "arayiniz", "arayabilirsiniz", "arasin", "araniz", "ulasin", "ulasabilirsiniz", "numarali",
    "numaradan", "numaram", "numaramdan", "numaramiz", "numarasindan", "numarasini", "whatsapp", "wp", "sms", "call",
    "anrufen", "llamar", "llame", "ligue", "appelez", "bellen", "звоните", "позвоните", "اتصل",
];

/// How many words before a number are looked at, and how many behind it.
const WORDS_BEFORE: usize = 3;
const WORDS_BEHIND: usize = 2;

/// What the words before a number say, of which the last ends the text.
pub(super) fn before(text: &str) -> WordsBefore {
    if text.ends_with('#') {
        return WordsBefore::Numbered;
    }
    for word in
        text.rsplit(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()).take(WORDS_BEFORE)
    {
        // `tel2`
        let word = fold(word.trim_end_matches(|sign: char| sign.is_ascii_digit()));
        let is_one_of = |words: &[&str]| words.contains(&word.as_str());
        if is_one_of(CALLED) {
            return WordsBefore::Called;
        } else if is_one_of(NUMBERED) {
            return WordsBefore::Numbered;
        } else if !is_one_of(BETWEEN) {
            break;
        }
    }
    WordsBefore::Nothing
}

/// Whether the words behind a number, of which the first begins the text, say that it is called.
pub(super) fn is_called_behind(text: &str) -> bool {
    let words = text.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(WORDS_BEHIND).any(|word| BEHIND.contains(&fold(word).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_folded() {
        for word in CALLED.iter().chain(BETWEEN).chain(NUMBERED).chain(BEHIND) {
            assert_eq!(fold(word), *word);
        }
    }
}
