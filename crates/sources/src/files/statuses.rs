//! Columns that say how an order ended: whoever cancelled has not bought.

use super::columns::folded;

/// Names of such columns.
const STATUSES: [&str; 10] = [
    "status",
    "state",
    "durum",
    "durumu",
    "stage",
    "asama",
    "cancelled",
    "canceled",
    "cancelledat",
    "canceledat",
];
/// What the names of others end with: `Ödeme Durumu`, `Financial Status`.
const STATUS_ENDS: [&str; 7] = ["durumu", "durum", "status", "statusu", "statu", "stage", "asamasi"];
/// What the names of those begin with that say whether an order was undone.
const UNDONE: [&str; 6] = ["iptal", "iade", "cancel", "refund", "void", "return"];
/// What such a column says of an order that was not.
const NOT_UNDONE: [&str; 6] = ["", "hayir", "no", "yok", "false", "0"];
/// What people and their programs call an order that was paid, and a deal that was won.
const PAID: [&str; 34] = [
    "paid",
    "fullypaid",
    "completed",
    "complete",
    "succeeded",
    "success",
    "successful",
    "captured",
    "settled",
    "approved",
    "confirmed",
    "processing",
    "fulfilled",
    "shipped",
    "delivered",
    "won",
    "closedwon",
    "odendi",
    "odemealindi",
    "odemeyapildi",
    "odemeonaylandi",
    "tahsiledildi",
    "onaylandi",
    "onayli",
    "basarili",
    "tamamlandi",
    "hazirlaniyor",
    "kargoyaverildi",
    "kargolandi",
    "kargoda",
    "gonderildi",
    "teslimedildi",
    "kazanildi",
    "kapalikazanildi",
];

/// Whether a column says how an order ended.
pub fn is_status(name: &str) -> bool {
    let name = folded(name);
    STATUSES.contains(&name.as_str())
        || STATUS_ENDS.iter().any(|end| name.ends_with(end))
        || says_undone(&name)
}

/// Whether a value of such a column likely means an order that was paid and stands.
pub fn is_likely_paid(column: &str, value: &str) -> bool {
    let value = folded(value);
    let words: &[&str] = if says_undone(&folded(column)) { &NOT_UNDONE } else { &PAID };
    words.contains(&value.as_str())
}

/// `İptal`, `Cancelled at`, `İade Tarihi`: what stands there undoes the order. `İptal Durumu` says it in words.
fn says_undone(name: &str) -> bool {
    UNDONE.iter().any(|begin| name.starts_with(begin)) && !STATUS_ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_say_how_an_order_ended_are_known() {
        for name in [
            "Sipariş Durumu",
            "Financial Status",
            "Lead stage",
            "Ödeme Durumu",
            "Kargo Durumu",
            "Sipariş Statüsü",
            "Durum",
            "İptal",
            "Cancelled at",
            "İADE TARİHİ",
            "Fulfillment Status",
            "Anlaşma Aşaması",
            "Status",
        ] {
            assert!(is_status(name), "{name}");
        }
        for name in ["Tarih", "Statue", "Adet", ""] {
            assert!(!is_status(name), "{name}");
        }
    }

    #[test]
    fn what_was_paid_is_likely_meant() {
        for (column, value, is_paid) in [
            ("Ödeme Durumu", "Ödendi", true),
            ("Ödeme Durumu", "ÖDENDİ ", true),
            ("Ödeme Durumu", "İptal", false),
            ("Ödeme Durumu", "Beklemede", false),
            ("Ödeme Durumu", "", false),
            ("Sipariş Durumu", "Teslim Edildi", true),
            ("Sipariş Durumu", "İade Edildi", false),
            ("Financial Status", "paid", true),
            ("Financial Status", "partially_refunded", false),
            ("Financial Status", "unpaid", false),
            ("Lead stage", "Closed won", true),
            ("Lead stage", "Closed lost", false),
            ("İptal", "Hayır", true),
            ("İptal", "Evet", false),
            ("Cancelled at", "", true),
            ("Cancelled at", "2026-05-27", false),
        ] {
            assert_eq!(is_likely_paid(column, value), is_paid, "{column}: {value}");
        }
    }
}
