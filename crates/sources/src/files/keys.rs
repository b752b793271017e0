//! What a column can be, with the names that people and their programs give it.

/// Where in an event a column belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyPlace {
    /// The event itself.
    Event,
    /// `user_data`.
    User,
    /// `user_data`, as a name in full that is taken apart.
    FullName,
    /// The time of day that belongs to a date.
    TimeOfDay,
    /// `custom_data`.
    Custom,
}

/// What a column can be.
#[derive(Debug, PartialEq, Eq)]
pub struct FileKey {
    /// Its name at Meta, or ours where Meta has none: `name`, `time_of_day`.
    pub name: &'static str,
    pub(super) place: KeyPlace,
    /// How many columns of one file can be it.
    pub(super) columns_max: usize,
    /// Names of columns that mean it, the surest first: folded, without spaces and signs.
    pub(super) words: &'static [&'static str],
}

impl FileKey {
    /// Whether several columns can be it.
    pub fn is_list(&self) -> bool {
        self.columns_max > 1
    }

    /// Whether what stands in the column is of a person, so that it is not shown.
    pub fn is_personal(&self) -> bool {
        matches!(self.place, KeyPlace::User | KeyPlace::FullName)
    }
}

const fn one(name: &'static str, place: KeyPlace, words: &'static [&'static str]) -> FileKey {
    FileKey { name, place, columns_max: 1, words }
}

const fn several(name: &'static str, words: &'static [&'static str]) -> FileKey {
    FileKey { name, place: KeyPlace::User, columns_max: 3, words }
}

/// All that a column can be.
pub static FILE_KEYS: [FileKey; 29] = [
    one(
        "event_id",
        KeyPlace::Event,
        &[
            "eventid",
            "transactionid",
            "islemno",
            "islemnumarasi",
            "uuid",
            // A deal's number is no order's, which a shop may have as well.
            "dealid",
            "leadid",
            "anlasmano",
        ],
    ),
    one("event_name", KeyPlace::Event, &["eventname", "event", "olay", "olayadi"]),
    one(
        "event_time",
        KeyPlace::Event,
        &[
            "eventtime",
            "timestamp",
            // A deal is sold when it is closed, and not when it was made.
            "closedat",
            "closeddate",
            "dateclosed",
            "closedate",
            "kapanistarihi",
            "createdat",
            "orderdate",
            "datecreated",
            "ordercreated",
            "siparistarihi",
            "islemtarihi",
            "satistarihi",
            "faturatarihi",
            "olusturmatarihi",
            "olusturulmatarihi",
            "purchasedate",
            "saledate",
            "transactiondate",
            "datetime",
            "tarihsaat",
            "tarihvesaat",
            "tarih",
            "date",
            "time",
            "zaman",
            "paidat",
            "odemetarihi",
        ],
    ),
    one("time_of_day", KeyPlace::TimeOfDay, &["saat", "siparissaati", "timeofday", "ordertime", "hour"]),
    one("action_source", KeyPlace::Event, &["actionsource"]),
    one("event_source_url", KeyPlace::Event, &["eventsourceurl", "pageurl", "url", "sayfa"]),
    several(
        "em",
        &[
            "em",
            "email",
            "emailaddress",
            "eposta",
            "epostaadresi",
            "mail",
            "mailadresi",
            "workemail",
            "contactemail",
            "customeremail",
            "billingemail",
            "emailbilling",
            "musterieposta",
            "musteriemail",
            "uyeeposta",
            "uyemail",
            "uyeemail",
            "faturaeposta",
        ],
    ),
    several(
        "ph",
        &[
            "ph",
            "phone",
            "phonenumber",
            "telefon",
            "telefonno",
            "telefonnumarasi",
            "tel",
            "telno",
            "gsm",
            "gsmno",
            "ceptelefonu",
            "cep",
            "ceptel",
            "mobile",
            "mobilephone",
            "customerphone",
            "workphone",
            "contactphone",
            "billingphone",
            "phonebilling",
            "musteritelefon",
            "musteritelefonu",
            "uyetelefon",
            "faturatelefon",
            "faturatelefonu",
            "whatsapp",
        ],
    ),
    several(
        "external_id",
        &["externalid", "customerid", "userid", "musterino", "musteriid", "uyeid", "uyeno", "customernumber"],
    ),
    one(
        "fn",
        KeyPlace::User,
        &["fn", "firstname", "ad", "adi", "isim", "billingfirstname", "firstnamebilling"],
    ),
    one(
        "ln",
        KeyPlace::User,
        &[
            "ln",
            "lastname",
            "surname",
            "soyad",
            "soyadi",
            "soyisim",
            "musterisoyadi",
            "uyesoyadi",
            "alicisoyadi",
            "faturasoyadi",
            "teslimatsoyadi",
            "billinglastname",
            "lastnamebilling",
        ],
    ),
    one(
        "name",
        KeyPlace::FullName,
        &[
            "adsoyad",
            "adisoyadi",
            "advesoyad",
            "isimsoyisim",
            "musteriadsoyad",
            "musteriadisoyadi",
            "uyeadisoyadi",
            "uyeadsoyad",
            "aliciadisoyadi",
            "aliciadsoyad",
            "musteriadi",
            "uyeadi",
            "aliciadi",
            "musteri",
            "alici",
            "uye",
            "fullname",
            "maincontact",
            "contactname",
            "anakisi",
            "customername",
            "customer",
            "billingname",
            "faturaadisoyadi",
            "faturaadsoyad",
            "faturaadi",
            "teslimatadisoyadi",
            "teslimatadi",
            "name",
        ],
    ),
    one(
        "ct",
        KeyPlace::User,
        &[
            "ct",
            "city",
            "sehir",
            "il",
            "billingcity",
            "citybilling",
            "faturasehir",
            "faturasehri",
            "faturail",
            "shippingcity",
            "cityshipping",
            "teslimatsehri",
            "teslimatil",
        ],
    ),
    one(
        "st",
        KeyPlace::User,
        &[
            "st",
            "state",
            "province",
            "billingprovince",
            "billingstate",
            "statecodebilling",
            "statebilling",
            "eyalet",
        ],
    ),
    one(
        "zp",
        KeyPlace::User,
        &[
            "zp",
            "zip",
            "zipcode",
            "postcode",
            "postalcode",
            "postakodu",
            "billingzip",
            "postcodebilling",
            "faturapostakodu",
        ],
    ),
    one(
        "country",
        KeyPlace::User,
        &[
            "country",
            "countrycode",
            "ulke",
            "ulkekodu",
            "billingcountry",
            "countrycodebilling",
            "countrybilling",
            "faturaulke",
            "faturaulkesi",
        ],
    ),
    one(
        "db",
        KeyPlace::User,
        &["db", "dob", "birthday", "birthdate", "dateofbirth", "dogumtarihi", "dogumgunu"],
    ),
    one("ge", KeyPlace::User, &["ge", "gender", "cinsiyet"]),
    one("client_user_agent", KeyPlace::User, &["clientuseragent", "useragent", "tarayici"]),
    one(
        "client_ip_address",
        KeyPlace::User,
        &["clientipaddress", "ipaddress", "ip", "ipadresi", "customeripaddress", "browserip"],
    ),
    one("fbc", KeyPlace::User, &["fbc"]),
    one("fbp", KeyPlace::User, &["fbp"]),
    one("madid", KeyPlace::User, &["madid", "idfa", "gaid", "advertisingid"]),
    one(
        "value",
        KeyPlace::Custom,
        &[
            "value",
            "ordertotal",
            "ordertotalamount",
            "total",
            "grandtotal",
            "totalprice",
            "totalamount",
            "geneltoplam",
            "siparistutari",
            "siparistoplami",
            "toplamtutar",
            "odenentutar",
            "faturatutari",
            "satistutari",
            "islemtutari",
            "odenecektutar",
            "tahsilattutari",
            "toplamkdvdahil",
            "tutarkdvdahil",
            "kdvdahiltoplam",
            "kdvdahiltutar",
            "tutar",
            "toplam",
            "dealvalue",
            "dealamount",
            "amount",
            "price",
            "budget",
            "butce",
            "revenue",
            "fiyat",
            "bedel",
            "ciro",
        ],
    ),
    one(
        "currency",
        KeyPlace::Custom,
        &["currency", "currencycode", "ordercurrency", "parabirimi", "dovizcinsi", "doviz", "kur"],
    ),
    one(
        "order_id",
        KeyPlace::Custom,
        &[
            "orderid",
            "ordernumber",
            "orderno",
            "order",
            "siparisno",
            "siparisnumarasi",
            "sipariskodu",
            "siparisid",
            "siparis",
            "invoiceno",
            "invoicenumber",
            "faturano",
            "faturanumarasi",
            "belgeno",
            "fisno",
            "fisnumarasi",
            "belgenumarasi",
            "makbuzno",
            "dekontno",
            "adisyonno",
            "receiptno",
            "receiptnumber",
            "satisno",
            "id",
            "no",
        ],
    ),
    one("content_name", KeyPlace::Custom, &["contentname"]),
    one("content_category", KeyPlace::Custom, &["contentcategory"]),
    one("num_items", KeyPlace::Custom, &["numitems"]),
];

/// What a column can be, by its name at Meta.
pub fn find_key(name: &str) -> Option<&'static FileKey> {
    FILE_KEYS.iter().find(|key| key.name == name)
}
