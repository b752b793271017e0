//! Turkey.

use super::Country;

/// Turkey: districts and provinces; the first two digits of a postcode are the province.
pub const TR: Country = Country {
    code: "TR",
    women: "Ayşe|Fatma|Emine|Hatice|Zeynep|Elif|Meryem|Şerife|Zehra|Sultan|Hanife|Merve|Havva|Zeliha|Esra|\
            Fadime|Özlem|Hacer|Yasemin|Hülya|Cemile|Sevim|Gülsüm|Leyla|Dilek|Büşra|Aysel|Songül|Kübra|Halime|\
            Esma|Aynur|Hayriye|Kadriye|Tuğba|Rabia|Sevgi|Işıl|Işık|İrem|İlknur|İpek|Iraz|Nilüfer|Çiğdem|Gülşen|\
            Ayşe Nur|Fatma Zehra|Ece|Melisa",
    men: "Mehmet|Mustafa|Ahmet|Ali|Hüseyin|Hasan|İbrahim|İsmail|Osman|Yusuf|Murat|Ömer|Ramazan|Halil|\
          Süleyman|Abdullah|Mahmut|Recep|Salih|Fatih|Kadir|Emre|Hakan|Adem|Kemal|Yaşar|Bekir|Musa|Metin|\
          Orhan|Serkan|Bayram|Cemal|Sinan|Selim|Uğur|Çağrı|Barış|Tolga|İlker|İlyas|Ilgaz|Işın|Yiğit|Kıvanç|\
          Mehmet Ali|Ali Rıza|Ahmet Can|Yılmaz|Şahin",
    surnames: "Yılmaz|Kaya|Demir|Şahin|Çelik|Yıldız|Yıldırım|Öztürk|Aydın|Özdemir|Arslan|Doğan|Kılıç|Aslan|\
               Çetin|Kara|Koç|Kurt|Özkan|Şimşek|Polat|Korkmaz|Çakır|Erdoğan|Acar|Aktaş|Ünal|Bulut|Keskin|\
               Yalçın|Güneş|Bozkurt|Işık|Turan|Güler|Tekin|Avcı|Kaplan|Ateş|Sarı|Can|Taş|Köse|Yavuz|Tunç|\
               Coşkun|Toprak|Gül|Uçar|Şen|İnan|İnce|Ilıca|Irmak|Kırıkkanat|Çınar|Ağaoğlu|Dağdelen|Soğancı|\
               Karabıyık|Yiğit|İpekçi|Özışık|Altıntaş|Mutlu|Balcı",
    cities: "
        Kadıköy|İstanbul||34710
        Beşiktaş|İstanbul||34353
        Üsküdar|İstanbul||34660
        Ümraniye|İstanbul||34764
        İstanbul|İstanbul||34110
        Çankaya|Ankara||06690
        Ankara|Ankara||06420
        İzmir|İzmir||35210
        Karşıyaka|İzmir||35530
        Bursa|Bursa||16010
        Nilüfer|Bursa||16110
        Adana|Adana||01010
        Adıyaman|Adıyaman||02030
        Afyonkarahisar|Afyonkarahisar||03030
        Ağrı|Ağrı||04100
        Amasya|Amasya||05100
        Antalya|Antalya||07040
        Alanya|Antalya||07410
        Aydın|Aydın||09010
        Balıkesir|Balıkesir||10020
        Diyarbakır|Diyarbakır||21070
        Gaziantep|Gaziantep||27010
        Isparta|Isparta||32100
        Iğdır|Iğdır||76000
        Kahramanmaraş|Kahramanmaraş||46050
        Kayseri|Kayseri||38010
        Konya|Konya||42030
        İzmit|Kocaeli||41050
        Şanlıurfa|Şanlıurfa||63010
        Eskişehir|Eskişehir||26120
        Muğla|Muğla||48000
        İnegöl|Bursa||16400",
    arabic_share: 0,
    double_surnames: 3,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|hotmail.com.tr|outlook.com|yahoo.com|icloud.com|mynet.com|\
                 windowslive.com|itu.edu.tr",
    share: 20,
};
