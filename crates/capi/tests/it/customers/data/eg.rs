//! Egypt.

use super::{Country, arab};

/// Egypt: surnames are often a grandfather's name; postcodes of five digits.
pub const EG: Country = Country {
    code: "EG",
    women: arab::WOMEN,
    men: arab::MEN,
    surnames: "Abdel Nasser=عبد الناصر|El-Sayed=السيد|El-Sisi=السيسي|Mubarak=مبارك|Mahfouz=محفوظ|Salah=صلاح|\
               El-Masry=المصري|El-Naggar=النجار|El-Shazly=الشاذلي|El-Gohary=الجوهري|El-Baradei=البرادعي|\
               Abdel Rahman=عبد الرحمن|Abdel Fattah=عبد الفتاح|Abdel Hamid=عبد الحميد|Abdel Aziz=عبد العزيز|\
               Abu Zeid=أبو زيد|Abu El-Magd=أبو المجد|Abu Trika=أبو تريكة|Fawzy=فوزي|Fathy=فتحي|Gamal=جمال|\
               Hegazy=حجازي|Helmy=حلمي|Ibrahim=إبراهيم|Ismail=إسماعيل|Kamel=كامل|Khalil=خليل|Lotfy=لطفي|\
               Magdy=مجدي|Mansour=منصور|Morsi=مرسي|Mostafa=مصطفى|Nabil=نبيل|Nagy=ناجي|Osman=عثمان|\
               Ragab=رجب|Ramadan=رمضان|Refaat=رفعت|Saad=سعد|Sabry=صبري|Said=سعيد|Salem=سالم|Samir=سمير|\
               Shaarawy=شعراوي|Shaker=شاكر|Sharif=شريف|Sobhy=صبحي|Soliman=سليمان|Taha=طه|Tantawi=طنطاوي|\
               Tawfik=توفيق|Wahba=وهبة|Youssef=يوسف|Zaki=زكي|Zewail=زويل|Ghali=غالي|Girgis=جرجس|\
               Boutros=بطرس|Hanna=حنا|Mikhail=ميخائيل|El-Fiqi=الفقي|Ra'fat=رأفت|Mas'oud=مسعود|Badawi=بدوي",
    cities: "
        Cairo=القاهرة|Cairo=القاهرة||11511
        Nasr City=مدينة نصر|Cairo=القاهرة||11765
        Heliopolis=مصر الجديدة|Cairo=القاهرة||11757
        Maadi=المعادي|Cairo=القاهرة||11728
        New Cairo=القاهرة الجديدة|Cairo=القاهرة||11835
        Giza=الجيزة|Giza=الجيزة||12511
        Sheikh Zayed=الشيخ زايد|Giza=الجيزة||12588
        Alexandria=الإسكندرية|Alexandria=الإسكندرية||21511
        Borg El-Arab=برج العرب|Alexandria=الإسكندرية||21934
        Port Said=بورسعيد|Port Said=بورسعيد||42511
        Suez=السويس|Suez=السويس||43511
        Ismailia=الإسماعيلية|Ismailia=الإسماعيلية||41511
        Tanta=طنطا|Gharbia=الغربية||31511
        El-Mahalla El-Kubra=المحلة الكبرى|Gharbia=الغربية||31951
        Mansoura=المنصورة|Dakahlia=الدقهلية||35511
        Zagazig=الزقازيق|Sharqia=الشرقية||44511
        Damietta=دمياط|Damietta=دمياط||34511
        Damanhur=دمنهور|Beheira=البحيرة||22511
        Shebin El-Kom=شبين الكوم|Monufia=المنوفية||32511
        Banha=بنها|Qalyubia=القليوبية||13511
        Fayoum=الفيوم|Fayoum=الفيوم||63511
        Beni Suef=بني سويف|Beni Suef=بني سويف||62511
        Minya=المنيا|Minya=المنيا||61511
        Asyut=أسيوط|Asyut=أسيوط||71511
        Sohag=سوهاج|Sohag=سوهاج||82511
        Qena=قنا|Qena=قنا||83511
        Luxor=الأقصر|Luxor=الأقصر||85511
        Aswan=أسوان|Aswan=أسوان||81511
        Hurghada=الغردقة|Red Sea=البحر الأحمر||84511
        Sharm El-Sheikh=شرم الشيخ|South Sinai=جنوب سيناء||46619
        Marsa Matruh=مرسى مطروح|Matrouh=مطروح||51511",
    arabic_share: 60,
    double_surnames: 0,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|yahoo.com|outlook.com|icloud.com|live.com",
    share: 10,
};
