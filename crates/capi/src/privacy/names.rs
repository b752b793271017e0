//! Names of properties that hold what identifies a person.

use std::{collections::HashSet, sync::LazyLock};

use super::called::{CALLED, NUMBERED};
use crate::{Key, catalogue::fold};

/// What names a person's data by itself, folded, by language. Our own collection.
#[rustfmt::skip]
const PERSONAL: &[&[&str]] = &[
    // English, and what programs write everywhere.
    &["addr", "address", "birthdate", "birthday", "cardnumber", "ccnumber", "cellphone", "creditcard", "creditcardnumber",
      "dateofbirth", "dob", "em", "email", "emailaddr", "emailaddress", "familyname", "firstname", "fn", "fname", "fullname",
      "givenname", "gsm", "iban", "lastname", "ln", "lname", "mail", "mailaddress", "maidenname", "middlename",
      "mobile", "mobilephone", "msisdn", "nationalid", "passport", "passportnumber", "ph", "phone", "phonenumber",
      "ssn", "socialsecuritynumber", "street", "streetaddr", "streetaddress", "surname", "tel", "telephone", "whatsapp"],
    // Turkish.
    &["acikadres", "adisoyadi", "adres", "adresi", "adresim", "adsoyad", "anneadi", "babaadi", "annekizliksoyadi", "cep",
      "cepno", "ceptel", "ceptelefon", "ceptelefonu", "dogumgunu", "dogumtarihi", "eposta", "epostaadresi", "gsmno",
      "ibanno", "isimsoyad", "isimsoyisim", "kartno", "kartnumarasi", "kimlikno", "kimliknumarasi", "kredikarti",
      "kredikartno", "kredikartinumarasi", "mailadresi", "pasaport", "pasaportno", "sokak", "soyad", "soyadi", "soyadiniz",
      "soyisim", "soyismi", "tc", "tckimlik", "tckimlikno", "tckimliknumarasi", "tckn", "tcno", "telefon", "telefonu",
      "telefonnumarasi", "telno", "vergikimlikno", "vergino", "vkn"],
    // German.
    &["adresse", "anschrift", "ausweisnummer", "emailadresse", "familienname", "geburtsdatum", "geburtstag",
      "handynummer", "kontonummer", "kreditkarte", "kreditkartennummer", "mailadresse", "mobilnummer", "mobiltelefon",
      "nachname", "personalausweis", "rufnummer", "strasse", "telefonnummer", "vorname", "zuname"],
    // Spanish.
    &["apellido", "apellidos", "calle", "celular", "correo", "correoelectronico", "direccion", "dni", "fechadenacimiento",
      "fechanacimiento", "movil", "nombrecompleto", "nombreyapellido", "nombreyapellidos", "numerodetarjeta",
      "numerodetelefono", "pasaporte", "primerapellido", "segundoapellido", "telefono"],
    // French.
    &["adresseemail", "adressemail", "courriel", "datedenaissance", "datenaissance", "nomcomplet", "nomdefamille",
      "nometprenom", "numerodecarte", "numerodetelephone", "passeport", "prenom", "telephoneportable"],
    // Portuguese.
    &["apelido", "cpf", "datadenascimento", "datanascimento", "endereco", "nomecompleto", "numerodocartao",
      "primeironome", "rua", "sobrenome", "telefone", "telemovel", "ultimonome"],
    // Italian and Dutch.
    &["achternaam", "cellulare", "codicefiscale", "cognome", "datadinascita", "emailadres", "geboortedatum", "indirizzo",
      "telefoonnummer", "voornaam"],
    // Russian, also in Latin letters.
    &["адрес", "датарождения", "имеил", "номертелефона", "номеркарты", "отчество", "паспорт", "почта", "телефон", "улица",
      "фамилия", "фио", "электроннаяпочта", "datarozhdeniya", "familiya", "fio", "nomertelefona", "otchestvo", "pochta"],
    // Arabic, also in Latin letters. The folding writes one letter for those that people confuse.
    &["الهاتف", "هاتف", "رقمالهاتف", "الجوال", "جوال", "رقمالجوال", "البريد", "البريدالالكتروني", "العنوان", "عنوان", "الاسمالكامل",
      "اسمالعايله", "hatif", "jawal", "raqmaljawal"],
    // What forms of shops call the fields of Meta's keys.
    &["emailid", "phoneid", "usermail", "waid", "wpp"],
];

/// Words for somebody. With a name they make one of a person, with what is personal another word for it.
#[rustfmt::skip]
const PEOPLE: &[&str] = &[
    "customer", "customers", "client", "user", "buyer", "guest", "member", "contact", "person", "recipient", "receiver",
    "billing", "cardholder", "patient", "student", "lead", "owner", "subscriber", "sender", "caller", "abone", "gonderen",
    "gonderici", "arayan", "kontak", "cari",
    "musteri", "musterinin", "alici", "alicinin", "uye", "kullanici", "kisi", "hasta", "veli", "misafir", "yetkili",
    "kunde", "kunden", "besteller", "empfanger", "nutzer", "benutzer", "cliente", "usuario", "comprador", "destinatario",
    "utilisateur", "acheteur", "destinataire", "клиент", "клиента", "покупатель", "получатель", "العميل",
];

/// Words for where something of a person is or goes.
#[rustfmt::skip]
const PLACES: &[&str] = &[
    "shipping", "delivery", "invoice", "home", "work", "personal", "private", "primary", "secondary", "mailing", "postal",
    "account", "checkout", "order", "my", "your", "fatura", "teslimat", "kargo", "gonderim", "sevkiyat", "ev",
    "hesap", "siparis", "rechnungs", "liefer", "facturacion", "envio", "facturation", "livraison", "cobranca", "entrega",
    "доставки",
];

/// Words for a name, which may also be a product's.
const NAMES: &[&str] = &[
    "name", "ad", "adi", "isim", "ismi", "nom", "nombre", "nome", "naam", "namen", "имя", "imya", "اسم",
    "unvani",
];

/// What may stand at the end of such a name.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "number", "numarasi", "numara", "numero", "nummer", "num", "no", "nr", "line", "text", "value", "field",
    "bilgisi", "номер", "del", "de", "do", "da", "du", "of", "رقم",
];

/// What the names end with of which the value has to show that it is a phone number: `headphone`, `cep`.
const LIKE_A_PHONE: &[&str] = &[
    "phone",
    "telefon",
    "telefono",
    "telefone",
    "mobile",
    "mobil",
    "gsm",
    "whatsapp",
    "handy",
    "portable",
    "celular",
    "телефон",
];

/// Whether a property's name says that it holds a person's data, in whatever case and with whatever between its words.
pub(super) fn is_personal_name(name: &str) -> bool {
    // A match key of Meta's in the wrong place; a country or an id of one's own may stand elsewhere.
    if matches!(Key::from_name(name), Some(key) if key != Key::Country && key != Key::ExternalId) {
        return true;
    }
    // `checkout[first_name]`
    let name = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map_or(name, |(_, inner)| inner);
    says_whose(&fold(name), false, PARTS_MAX)
}

/// How many words are taken from a name: `customer_billing_address_line`.
const PARTS_MAX: usize = 3;
/// Longest name that is taken apart, bytes: longer ones are no names of one thing.
const NAME_BYTES_MAX: usize = 64;

/// Whether a folded name names a person's data, with or without words for somebody around it.
fn says_whose(name: &str, is_of_somebody: bool, parts: usize) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| PERSONAL.iter().copied().flatten().copied().collect());
    let name = name.trim_end_matches(|sign: char| sign.is_ascii_digit());
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return false;
    }
    if KNOWN.contains(name) || (is_of_somebody && NAMES.contains(&name)) {
        return true;
    }
    let Some(parts) = parts.checked_sub(1) else { return false };
    let around = |word: &&str| [name.strip_prefix(*word), name.strip_suffix(*word)].into_iter().flatten();
    PEOPLE.iter().flat_map(around).any(|rest| says_whose(rest, true, parts))
        || PLACES.iter().flat_map(around).any(|rest| says_whose(rest, is_of_somebody, parts))
        || ENDINGS
            .iter()
            .filter_map(|word| name.strip_suffix(*word))
            .any(|rest| says_whose(rest, is_of_somebody, parts))
}

/// `customer_phone`, `Mobil Telefon`; but also `headphone`, so the value has a say.
pub(super) fn is_named_like_a_phone(name: &str) -> bool {
    let name = fold(name);
    let name = name.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let bare = ENDINGS.iter().find_map(|word| name.strip_suffix(*word)).unwrap_or(name);
    LIKE_A_PHONE.iter().any(|ending| bare.ends_with(ending) || name.ends_with(ending))
}

/// Words for things and what numbers them, beside those that stand before a thing's number.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "products", "items", "variant", "varyant", "content", "contents", "uuid", "guid", "hash", "key", "token",
    "cart", "sepet", "session", "transaction", "islem", "payment", "odeme", "shipment", "parcel", "waybill", "package",
    "receipt", "fis", "quote", "teklif", "voucher", "coupon", "kupon", "promo", "campaign", "kampanya", "adset", "ad",
    "mpn", "asin", "plu", "plate", "plaka", "vin", "rezervasyon", "reservation", "booking", "pnr", "flight", "ucus",
    "version", "surum", "date", "tarih", "tarihi", "time", "saat", "timestamp", "zaman", "slot", "size", "beden", "olcu",
    "dimension", "dimensions", "boyut", "artikelnummer", "artikelnr", "bestellnummer", "rechnungsnummer", "rechnung",
    "articulo", "producto", "factura", "produit", "facture", "prodotto", "fattura", "produto", "артикул", "товар",
];

/// Words for a number, which say nothing of whose it is.
const NUMBERS: &[&str] =
    &["number", "numarasi", "numara", "numero", "nummer", "num", "no", "nr", "номер", "رقم"];

/// Whether a property's name says that it numbers a thing: `sku`, `order_ref`, `stokKodu`, `urun_no`. Where it names
/// somebody as well, or a telephone, it does not: `customer_id`, `contact_no`, `phone_code`.
pub(super) fn is_named_like_a_thing(name: &str) -> bool {
    if name.len() > NAME_BYTES_MAX {
        return false;
    }
    let is_called = |word: &str| CALLED.contains(&fold(word).as_str());
    words(name).any(|word| numbers_a_thing(&fold(word)))
        && !names_somebody(name)
        && !words(name).any(is_called)
}

/// Whether a word of a property's name is one for somebody: `customer_id`, `musteriKodu`.
pub(super) fn names_somebody(name: &str) -> bool {
    let begins = |word: &str| {
        let word = fold(word);
        PEOPLE.iter().any(|person| word.starts_with(person))
    };
    words(name).any(begins)
}

/// Whether a folded word is one for a thing, alone or with another one or a word for a number behind it:
/// `productid`, `stokkodu`, `siparisno`.
fn numbers_a_thing(word: &str) -> bool {
    let is_a_thing = |word: &str| NUMBERED.contains(&word) || THINGS.contains(&word);
    let word = word.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let ends_well = |rest: &str| is_a_thing(rest) || NUMBERS.contains(&rest);
    let begins = |thing: &&str| word.strip_prefix(*thing).is_some_and(ends_well);
    !NUMBERS.contains(&word) && (is_a_thing(word) || NUMBERED.iter().chain(THINGS).any(begins))
}

/// The words of a name, also where only capitals part them: `stokKodu`, `productSKU`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|sign: char| !sign.is_alphanumeric()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let mut last_is_small = false;
            let end = rest.char_indices().find_map(|(at, sign)| {
                let is_end = last_is_small && sign.is_uppercase();
                last_is_small = sign.is_lowercase();
                is_end.then_some(at)
            });
            let (word, others) = rest.split_at(end.unwrap_or(rest.len()));
            rest = others;
            (!word.is_empty()).then_some(word)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_folded() {
        let tables = [PEOPLE, PLACES, NAMES, ENDINGS, LIKE_A_PHONE, THINGS, NUMBERS];
        for word in PERSONAL.iter().copied().flatten().chain(tables.into_iter().flatten()) {
            assert_eq!(fold(word), *word);
        }
    }

    #[test]
    fn names_of_what_numbers_a_thing() {
        for name in [
            "sku",
            "SKU",
            "sku2",
            "order_ref",
            "orderRef",
            "ref",
            "ref_no",
            "Ref. No",
            "article",
            "articleNumber",
            "barkod",
            "stok_kodu",
            "stokkodu",
            "urunKodu",
            "ürün_no",
            "sipariş no",
            "siparisno",
            "product_id",
            "productid",
            "productSKU",
            "id",
            "kargo_takip_no",
            "tracking-number",
            "invoice_no",
            "fatura_no",
            "gtin13",
            "variant",
            "lot",
            "parça_no",
            "Artikelnummer",
            "артикул",
            "order[ref]",
            "headphone_sku",
            "delivery_date",
            "model",
        ] {
            assert!(is_named_like_a_thing(name), "{name}");
        }
        for name in [
            "",
            "note",
            "number",
            "no",
            "number2",
            "my_number",
            "customer_id",
            "customerid",
            "musteri_no",
            "user_code",
            "contact_ref",
            "lead_id",
            "phone_code",
            "tel_kodu",
            "gsm_id",
            "whatsapp_ref",
            "paid",
            "valid",
            "brand",
            "alici_kodu",
            "memberCode",
            "iletisim_no",
            "x",
        ] {
            assert!(!is_named_like_a_thing(name), "{name}");
        }
    }

    #[test]
    fn names_in_the_languages_of_shops() {
        let names = [
            "adres",
            "Adres",
            "ADRESİ",
            "müşteri_adı",
            "Müşteri Adı",
            "musteriAdi",
            "MÜŞTERİ ADI SOYADI",
            "alıcı_isim",
            "tc_kimlik",
            "TC Kimlik No",
            "kart_no",
            "iban_no",
            "telefon",
            "telefon_2",
            "cep",
            "cep_telefonu",
            "eposta",
            "e-posta",
            "E-Posta Adresi",
            "soyad",
            "soyadı",
            "fatura_adresi",
            "teslimat-adresi",
            "doğum_tarihi",
            "kargo_adres_1",
            "tel_no",
            "müşteri_tel",
            "vergi_no",
            "customer_name",
            "customerName",
            "buyer_email",
            "billing_address_1",
            "shipping_address",
            "address_line1",
            "addr",
            "customer_addr",
            "shipping-addr-2",
            "customer.phone_number",
            "checkout[first_name]",
            "user_email",
            "contact_name",
            "email_address",
            "Vorname",
            "Straße",
            "Geburtsdatum",
            "kunden_name",
            "Telefonnummer",
            "Rechnungsadresse",
            "E-Mail-Adresse",
            "apellidos",
            "dirección",
            "correo_electrónico",
            "nombre_del_cliente",
            "nombre_cliente",
            "móvil",
            "dni",
            "prénom",
            "téléphone",
            "courriel",
            "nom_client",
            "adresse_de_livraison",
            "date_de_naissance",
            "endereço",
            "sobrenome",
            "nome_do_cliente",
            "celular",
            "e-mail",
            "CPF",
            "телефон",
            "Фамилия",
            "имя_клиента",
            "адрес_доставки",
            "ФИО",
            "familiya",
            "هاتف",
            "رقم_الجوال",
            "البريد الإلكتروني",
            "العنوان",
            "اسم العميل",
            "cognome",
            "codice_fiscale",
            "achternaam",
        ];
        let passed: Vec<&str> = names.into_iter().filter(|name| !is_personal_name(name)).collect();
        assert!(passed.is_empty(), "{passed:?}");
        let names = [
            "",
            "name",
            "product_name",
            "ürün_adı",
            "kategori_adı",
            "marka",
            "ad",
            "ad_id",
            "adset_name",
            "campaign_name",
            "store_address",
            "ip_address",
            "ip_addr",
            "addr_type",
            "address_type",
            "adres_tipi",
            "email_opt_in",
            "phone_model",
            "card_type",
            "kart_tipi",
            "fatura_no",
            "siparis_no",
            "order_no",
            "order_number",
            "müşteri_no",
            "customer_id",
            "user_status",
            "uye_tipi",
            "delivery_name",
            "teslimat_tarihi",
            "kargo_firması",
            "coupon",
            "renk",
            "beden",
            "headphone",
            "hotel",
            "hotel_no",
            "lead_stage",
            "lead_event_source",
            "delivery_category",
            "order_id",
            "predicted_ltv",
            "user_agent",
            "client_type",
            "model_no",
            "stok_kodu",
            "nombre",
            "nom_du_produit",
            "size",
            "colour",
            "1",
        ];
        let taken: Vec<&str> = names.into_iter().filter(|name| is_personal_name(name)).collect();
        assert!(taken.is_empty(), "{taken:?}");
    }
}
