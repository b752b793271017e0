//! Saudi Arabia.

use super::{Country, arab};

/// Saudi Arabia: names and places in Arabic or in Latin letters, postcodes of five digits.
pub const SA: Country = Country {
    code: "SA",
    women: arab::WOMEN,
    men: arab::MEN,
    surnames: "Al-Rashid=الرشيد|Al-Otaibi=العتيبي|Al-Qahtani=القحطاني|Al-Ghamdi=الغامدي|Al-Zahrani=الزهراني|\
               Al-Harbi=الحربي|Al-Mutairi=المطيري|Al-Dosari=الدوسري|Al-Shammari=الشمري|Al-Anazi=العنزي|\
               Al-Subaie=السبيعي|Al-Shehri=الشهري|Al-Asmari=الأسمري|Al-Omari=العمري|Al-Maliki=المالكي|\
               Al-Juhani=الجهني|Al-Balawi=البلوي|Al-Yami=اليامي|Al-Tamimi=التميمي|Al-Saud=آل سعود|\
               Al-Sheikh=آل الشيخ|Al-Rajhi=الراجحي|Bin Laden=بن لادن|Al-Faisal=الفيصل|Al-Sudairi=السديري|\
               Al-Khalidi=الخالدي|Al-Ahmadi=الأحمدي|Al-Ansari=الأنصاري|Al-Hashimi=الهاشمي|Al-Jaber=الجابر|\
               Al-Salem=السالم|Al-Nasser=الناصر|Al-Mansour=المنصور|Al-Turki=التركي|Al-Saleh=الصالح|\
               Al-Sa'di=السعدي|Al-Sa'ud=السعود|Al-Ma'mun=المأمون|Al-Mu'allimi=المعلمي|Al-Bishi=البيشي|\
               Al-Thubaiti=الثبيتي|Al-Salmi=السلمي|Al-Sulami=السلامي|Al-Hazmi=الحازمي|Al-Lihyani=اللحياني|\
               Al-Qurashi=القرشي|Al-Hudhali=الهذلي|Al-Asiri=العسيري|Al-Rashidi=الرشيدي|Al-Saadi=السعيدي|\
               Al-Fadhli=الفضلي|Al-Dhafiri=الظفيري|Al-Ruwaili=الرويلي|Al-Sharari=الشراري|Al-Huwaiti=الحويطي|\
               Al-Atawi=العطوي|Al-Najjar=النجار|Al-Haddad=الحداد|Bakr=بكر|Ba Wazir=باوزير|Bin Mahfouz=بن محفوظ|\
               Kutbi=كتبي|Jamjoom=جمجوم|Nassif=نصيف",
    cities: "
        Riyadh=الرياض|Riyadh Region=منطقة الرياض||12211
        Al Kharj=الخرج|Riyadh Region=منطقة الرياض||16278
        Al Majma'ah=المجمعة|Riyadh Region=منطقة الرياض||15361
        Diriyah=الدرعية|Riyadh Region=منطقة الرياض||13711
        Jeddah=جدة|Makkah Region=منطقة مكة المكرمة||23442
        Makkah=مكة المكرمة|Makkah Region=منطقة مكة المكرمة||24231
        Taif=الطائف|Makkah Region=منطقة مكة المكرمة||26513
        Rabigh=رابغ|Makkah Region=منطقة مكة المكرمة||25711
        Medina=المدينة المنورة|Al Madinah Region=منطقة المدينة المنورة||42311
        Yanbu=ينبع|Al Madinah Region=منطقة المدينة المنورة||46421
        Dammam=الدمام|Eastern Province=المنطقة الشرقية||32241
        Al-Khobar=الخبر|Eastern Province=المنطقة الشرقية||34423
        Dhahran=الظهران|Eastern Province=المنطقة الشرقية||34464
        Al-Ahsa=الأحساء|Eastern Province=المنطقة الشرقية||36361
        Hofuf=الهفوف|Eastern Province=المنطقة الشرقية||36422
        Jubail=الجبيل|Eastern Province=المنطقة الشرقية||35514
        Qatif=القطيف|Eastern Province=المنطقة الشرقية||32654
        Hafar Al-Batin=حفر الباطن|Eastern Province=المنطقة الشرقية||39911
        Buraydah=بريدة|Al-Qassim=القصيم||52389
        Unaizah=عنيزة|Al-Qassim=القصيم||56437
        Hail=حائل|Hail=حائل||55422
        Tabuk=تبوك|Tabuk=تبوك||47913
        Abha=أبها|Asir=عسير||62521
        Khamis Mushait=خميس مشيط|Asir=عسير||62411
        Najran=نجران|Najran=نجران||66251
        Jazan=جازان|Jazan=جازان||82722
        Sakaka=سكاكا|Al-Jouf=الجوف||72311
        Arar=عرعر|Northern Borders=الحدود الشمالية||73311",
    arabic_share: 55,
    double_surnames: 0,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|outlook.sa|yahoo.com|icloud.com|live.com",
    share: 10,
};
