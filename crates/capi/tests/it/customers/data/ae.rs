//! The United Arab Emirates.

use super::{Country, arab};

/// The Emirates: no postcodes; many customers come from elsewhere and write in Latin letters.
pub const AE: Country = Country {
    code: "AE",
    women: arab::WOMEN,
    men: arab::MEN,
    surnames: "Al Maktoum=آل مكتوم|Al Nahyan=آل نهيان|Al Qasimi=القاسمي|Al Nuaimi=النعيمي|Al Mualla=المعلا|\
               Al Sharqi=الشرقي|Al-Mansoori=المنصوري|Al-Mazrouei=المزروعي|Al-Ketbi=الكتبي|Al-Shamsi=الشامسي|\
               Al-Dhaheri=الظاهري|Al-Kaabi=الكعبي|Al-Ameri=العامري|Al-Hammadi=الحمادي|Al-Suwaidi=السويدي|\
               Al-Marri=المري|Al-Falasi=الفلاسي|Al-Muhairi=المهيري|Al-Rumaithi=الرميثي|Al-Zaabi=الزعابي|\
               Al-Hosani=الحوسني|Al-Blooshi=البلوشي|Al-Marzooqi=المرزوقي|Al-Ali=العلي|Al-Awadhi=العوضي|\
               Al-Ghurair=الغرير|Al-Futtaim=الفطيم|Al-Tayer=الطاير|Al-Habtoor=الحبتور|Al-Gergawi=القرقاوي|\
               Al-Junaibi=الجنيبي|Al-Saadi=السعدي|Al-Rashedi=الراشدي|Al-Yammahi=اليماحي|Al-Hefeiti=الحفيتي|\
               Al-Kindi=الكندي|Al-Shehhi=الشحي|Al-Tunaiji=الطنيجي|Al-Neyadi=النيادي|Al-Darmaki=الدرمكي|\
               Al-Khateri=الخاطري|Al-Romaithi=الرميثي|Al-Qubaisi=القبيسي|Al-Sa'di=السعدي|Bin Hendi=بن هندي|\
               Bin Ham=بن حم|Haddad=حداد|Khoury=خوري|Nasr=نصر|Sharma|Kumar|Patel|Khan|Fernandes|D'Souza|\
               Dela Cruz|Santos|Reyes|Iyer|Menon|Pillai|Chowdhury|Mathew|Thomas",
    cities: "
        Dubai=دبي|Dubai=دبي||
        Deira=ديرة|Dubai=دبي||
        Bur Dubai=بر دبي|Dubai=دبي||
        Jumeirah=جميرا|Dubai=دبي||
        Hatta=حتا|Dubai=دبي||
        Al Barsha=البرشاء|Dubai=دبي||
        Jebel Ali=جبل علي|Dubai=دبي||
        Abu Dhabi=أبوظبي|Abu Dhabi=أبوظبي||
        Al Ain=العين|Abu Dhabi=أبوظبي||
        Khalifa City=مدينة خليفة|Abu Dhabi=أبوظبي||
        Al Dhannah=الظنة|Abu Dhabi=أبوظبي||
        Al Ruwais=الرويس|Abu Dhabi=أبوظبي||
        Madinat Zayed=مدينة زايد|Abu Dhabi=أبوظبي||
        Liwa=ليوا|Abu Dhabi=أبوظبي||
        Musaffah=مصفح|Abu Dhabi=أبوظبي||
        Sharjah=الشارقة|Sharjah=الشارقة||
        Khor Fakkan=خورفكان|Sharjah=الشارقة||
        Kalba=كلباء|Sharjah=الشارقة||
        Al Dhaid=الذيد|Sharjah=الشارقة||
        Ajman=عجمان|Ajman=عجمان||
        Masfout=مصفوت|Ajman=عجمان||
        Umm Al-Quwain=أم القيوين|Umm Al-Quwain=أم القيوين||
        Falaj Al Mualla=فلج المعلا|Umm Al-Quwain=أم القيوين||
        Ras Al Khaimah=رأس الخيمة|Ras Al Khaimah=رأس الخيمة||
        Al Rams=الرمس|Ras Al Khaimah=رأس الخيمة||
        Fujairah=الفجيرة|Fujairah=الفجيرة||
        Dibba Al-Fujairah=دبا الفجيرة|Fujairah=الفجيرة||",
    arabic_share: 30,
    double_surnames: 0,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|outlook.com|yahoo.com|icloud.com|eim.ae|emirates.net.ae",
    share: 8,
};
