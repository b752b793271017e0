//! First names that Saudi Arabia, the Emirates and Egypt share, in both spellings.

/// Women.
pub const WOMEN: &str = "Fatima=فاطمة|Aisha=عائشة|Maryam=مريم|Noura=نورة|Sara=سارة|Layla=ليلى|Hessa=حصة|\
    Amal=أمل|Amira=أميرة|Asma'=أسماء|Shaikha=شيخة|Moza=موزة|Latifa=لطيفة|Reem=ريم|Rania=رانيا|Mona=منى|\
    Heba=هبة|Yasmin=ياسمين|Dina=دينا|Salma=سلمى|Nadia=نادية|Hanan=حنان|Iman=إيمان|Khadija=خديجة|\
    Zainab=زينب|Huda=هدى|Aya=آية|Shahad=شهد|Lama=لمى|Nour El-Huda=نور الهدى|Amat Allah=أمة الله|Esraa=إسراء";

/// Men.
pub const MEN: &str = "Mohammed=محمد|Ahmed=أحمد|Ali=علي|Omar=عمر|Khalid=خالد|Abdullah=عبد الله|\
    Abdul Rahman=عبد الرحمن|Abdul-Aziz=عبد العزيز|Saud=سعود|Fahad=فهد|Faisal=فيصل|Sultan=سلطان|Rashid=راشد|\
    Hamdan=حمدان|Mansour=منصور|Saif=سيف|Yousef=يوسف|Ibrahim=إبراهيم|Ismail=إسماعيل|Mahmoud=محمود|\
    Mostafa=مصطفى|Tarek=طارق|Karim=كريم|Hossam=حسام|Hassan=حسن|Hussein=حسين|Sa'ad=سعد|Mas'ud=مسعود|\
    Ra'ed=رائد|Mu'ayyad=مؤيد|Adam=آدم|Bandar=بندر|Turki=تركي|Nasser=ناصر|Mohamed Ali=محمد علي";
