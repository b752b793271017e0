//! What stands in the place of an id and is none, because programs, templates and people write it for all.

use super::nonsense::{is_no_id, of_visitors, placeholders};
use crate::{catalogue::fold, names};

/// Words for what is told, for whom, and where: templates and trials write them in the place of an id. Folded. Our own
/// collection, in English and Turkish.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "order", "orders", "orderid", "ordernumber", "orderno", "myorder", "neworder", "event", "events", "eventid", "eventname",
    "id", "uuid", "guid", "key", "value", "default", "constant", "sale", "sales", "buy", "bought",
    "payment", "paid", "checkout", "cart", "basket", "transaction", "transactionid", "conversion", "conversions", "success",
    "thankyou", "thanks", "confirmation", "completed", "complete", "done", "ok", "yes", "no", "new", "product", "products",
    "item", "customer", "user", "client", "website", "web", "site", "server", "browser", "pixel", "capi", "meta", "facebook",
    "fb", "shop", "store", "woocommerce", "shopify", "example", "sample", "demo", "foo", "bar", "foobar", "string", "text",
    "number", "random", "timestamp", "todo", "missing", "invalid", "error", "nothing", "nil", "void",
    "siparis", "siparisler", "siparisid", "siparisno", "siparisnumarasi", "yenisiparis", "olay", "etkinlik", "kimlik",
    "kimlikno", "varsayilan", "sabit", "satis", "satislar", "satinalma", "odeme", "sepet", "islem", "donusum", "basarili",
    "tesekkur", "tesekkurler", "tamam", "tamamlandi", "onaylandi", "evet", "hayir", "var", "bos", "hic", "yeni", "urun",
    "musteri", "kullanici", "uye", "magaza", "sunucu", "ornek", "sayi", "metin", "rastgele", "hata", "deneme", "bilgi",
];

/// Longest word that is looked up, bytes.
const WORD_BYTES_MAX: usize = 64;

/// Whether a text is no order's number: nothing, zeros, or what a template writes for every order. Orders are told
/// apart by it for weeks, and one that all have would swallow sales.
pub fn is_no_order(text: &str) -> bool {
    is_constant(text)
}

/// Whether a text is no id of an event of a name: nothing, zeros, a word, or the name itself. Of all events of a name
/// that have one id Meta keeps the first.
pub fn is_no_event_id(name: &str, id: &str) -> bool {
    let is_the_name = || {
        let folded = fold(id);
        !folded.is_empty() && folded == fold(name)
    };
    is_constant(id) || (id.len() <= WORD_BYTES_MAX && is_the_name())
}

/// Whether a text tells nothing apart, because programs, templates and people write it for all. What has a digit may
/// tell one from another, and so does a word that nobody listed.
fn is_constant(text: &str) -> bool {
    let trimmed = text.trim();
    is_no_id(trimmed)
        || !trimmed.contains(|sign: char| sign.is_alphanumeric() && sign != '0')
        || (trimmed.len() <= WORD_BYTES_MAX && !trimmed.contains(char::is_numeric) && is_a_word(trimmed))
}

fn is_a_word(text: &str) -> bool {
    let folded = fold(text);
    let lower = text.to_lowercase();
    WORDS.contains(&folded.as_str())
        || names::STANDARD_EVENT_NAMES.iter().any(|name| name.to_ascii_lowercase() == folded)
        || placeholders().chain(of_visitors()).any(|known| known == lower || known == folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_folded() {
        for word in WORDS {
            assert_eq!(fold(word), *word);
        }
    }

    #[test]
    fn what_is_no_order_is_told_from_orders() {
        for text in [
            "",
            " ",
            "0",
            "000",
            "-",
            "#",
            "0-0",
            "false",
            "Test",
            "ORDER_ID",
            "order-id",
            "undefined",
            "order",
            "Purchase",
            "sipariş",
            "SİPARİŞ",
            "Sipariş No",
            "satın alma",
            "yok",
            "YOK",
            "guest",
            "misafir",
            "default",
            "none",
            "n/a",
            "thank_you",
            "Lead",
            "not set",
            "add to cart",
            "AddToCart",
        ] {
            assert!(is_no_order(text), "{text}");
        }
        for text in [
            "1",
            "1001",
            "#1001",
            "0-1",
            "QWXZ",
            "test-7",
            "order-1",
            "purchase_7",
            "sipariş 1",
            "٧",
            "a",
            "XK",
            "ayşe",
            "WC",
        ] {
            assert!(!is_no_order(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_events_id_is_told_from_ids() {
        for (name, text) in [
            ("Purchase", ""),
            ("Purchase", "0"),
            ("Purchase", "-"),
            ("Purchase", "test"),
            ("Purchase", "FALSE"),
            ("Purchase", "Event_ID"),
            ("Purchase", "order_id"),
            ("Purchase", "undefined"),
            ("Purchase", "null-null"),
            ("Purchase", "purchase"),
            ("Lead", "Purchase"),
            ("Purchase", "yok"),
            ("Purchase", "event"),
            ("Purchase", "Olay"),
            ("Teklif", "teklif"),
            ("Step 2", "step_2"),
        ] {
            assert!(is_no_event_id(name, text), "{text}");
        }
        for (name, text) in [
            ("Purchase", "1"),
            ("Purchase", "0f"),
            ("Purchase", "test-7"),
            ("Purchase", "٧"),
            ("Purchase", "purchase-1"),
            ("", "a"),
            ("Step 2", "step 3"),
            ("!", "a!"),
        ] {
            assert!(!is_no_event_id(name, text), "{text}");
        }
    }
}
