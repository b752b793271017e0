//! ISO 4217: the currencies that exist.

/// Codes in use, in capitals and in order.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN \
                     BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD \
                     FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD \
                     JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT \
                     MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
                     QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB \
                     TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF \
                     XPF YER ZAR ZMW ZWG ZWL";

/// Whether a code exists, in capitals or not.
pub(super) fn exists(code: &str) -> bool {
    let mut capitals = [0; 3];
    let Ok(letters) = <[u8; 3]>::try_from(code.trim().as_bytes()) else { return false };
    for (capital, letter) in capitals.iter_mut().zip(letters) {
        *capital = letter.to_ascii_uppercase();
    }
    capitals.iter().all(u8::is_ascii_uppercase) && CODES.as_bytes().chunks(4).any(|one| one[..3] == capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, expected) in [
            ("EUR", true),
            ("try", true),
            (" usd ", true),
            ("ZWL", true),
            ("AED", true),
            ("ZZZ", false),
            ("EU", false),
            ("EURO", false),
            ("", false),
            ("€", false),
            ("D A", false),
        ] {
            assert_eq!(exists(code), expected, "{code}");
        }
        assert!(CODES.split(' ').all(|code| code.len() == 3 && exists(code)));
    }
}
