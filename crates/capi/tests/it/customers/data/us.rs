//! The United States.

use super::Country;

/// The United States: states with codes, territories too.
pub const US: Country = Country {
    code: "US",
    women: "Mary|Patricia|Jennifer|Linda|Elizabeth|Barbara|Susan|Jessica|Sarah|Karen|Lisa|Nancy|Betty|Sandra|\
            Margaret|Ashley|Kimberly|Emily|Donna|Michelle|Carol|Amanda|Melissa|Deborah|Stephanie|Rebecca|\
            Sharon|Laura|Cynthia|Dorothy|Mary Ann|Mary-Kate|De'Asia|La'Toya|Valéry|Chloë|Zoë|Renée",
    men: "James|Robert|John|Michael|David|William|Richard|Joseph|Thomas|Charles|Christopher|Daniel|Matthew|\
          Anthony|Mark|Donald|Steven|Paul|Andrew|Joshua|Kenneth|Kevin|Brian|George|Timothy|Ronald|Jason|\
          Edward|Jeffrey|Ryan|Jean-Paul|D'Andre|De'Shawn|Ja'Marcus|John Paul|José|André",
    surnames: "Smith|Johnson|Williams|Brown|Jones|Garcia|Miller|Davis|Rodriguez|Martinez|Hernandez|Lopez|\
               Gonzalez|Wilson|Anderson|Thomas|Taylor|Moore|Jackson|Martin|Lee|Perez|Thompson|White|Harris|\
               Sanchez|Clark|Ramirez|Lewis|Robinson|Walker|Young|Allen|King|Wright|Scott|Torres|Nguyen|Hill|\
               Flores|Green|Adams|Nelson|Baker|Hall|Rivera|Campbell|Mitchell|Carter|Roberts|O'Neil|O'Brien|\
               O'Connor|D'Angelo|D'Amico|McDonald|St. John|Van Buren|Smith-Jones|Peña|Muñoz|Núñez|De La Cruz|\
               Washington|Kowalski",
    cities: "
        Boston|Massachusetts|MA|02134
        Worcester|Massachusetts|MA|01608
        Newark|New Jersey|NJ|07102
        Hartford|Connecticut|CT|06103
        Portland|Maine|ME|04101
        Providence|Rhode Island|RI|02903
        Burlington|Vermont|VT|05401
        Manchester|New Hampshire|NH|03101
        New York|New York|NY|10001
        Buffalo|New York|NY|14201
        Los Angeles|California|CA|90012
        Mountain View|California|CA|94035
        San Francisco|California|CA|94103
        Coeur d'Alene|Idaho|ID|83814
        O'Fallon|Illinois|IL|62269
        Chicago|Illinois|IL|60601
        St. Louis|Missouri|MO|63101
        St. Paul|Minnesota|MN|55101
        St. Petersburg|Florida|FL|33701
        Miami|Florida|FL|33101
        Winston-Salem|North Carolina|NC|27101
        Charleston|West Virginia|WV|25301
        Richmond|Virginia|VA|23219
        Seattle|Washington|WA|98101
        Washington|District of Columbia|DC|20001
        Houston|Texas|TX|77002
        Austin|Texas|TX|73301
        Phoenix|Arizona|AZ|85001
        Las Vegas|Nevada|NV|89101
        Salt Lake City|Utah|UT|84101
        Little Rock|Arkansas|AR|72201
        Wichita|Kansas|KS|67202
        Atlanta|Georgia|GA|30303
        New Orleans|Louisiana|LA|70112
        Santa Fe|New Mexico|NM|87501
        Philadelphia|Pennsylvania|PA|19103
        Honolulu|Hawaii|HI|96813
        Anchorage|Alaska|AK|99501
        San Juan|Puerto Rico|PR|00901
        Charlotte Amalie|U.S. Virgin Islands|VI|00802
        Tamuning|Guam|GU|96913
        Pago Pago|American Samoa|AS|96799
        Saipan|Northern Mariana Islands|MP|96950",
    arabic_share: 0,
    double_surnames: 2,
    surname_joint: "-",
    mail_hosts: "gmail.com|gmail.com|yahoo.com|hotmail.com|aol.com|outlook.com|icloud.com|comcast.net|\
                 sbcglobal.net|me.com",
    share: 16,
};

/// Every state and territory: `name|code|the short form of newspapers`, empty where papers write it out.
pub const STATES: &str = "
    Alabama|AL|Ala.
    Alaska|AK|
    Arizona|AZ|Ariz.
    Arkansas|AR|Ark.
    California|CA|Calif.
    Colorado|CO|Colo.
    Connecticut|CT|Conn.
    Delaware|DE|Del.
    District of Columbia|DC|D.C.
    Florida|FL|Fla.
    Georgia|GA|Ga.
    Hawaii|HI|
    Idaho|ID|
    Illinois|IL|Ill.
    Indiana|IN|Ind.
    Iowa|IA|
    Kansas|KS|Kan.
    Kentucky|KY|Ky.
    Louisiana|LA|La.
    Maine|ME|
    Maryland|MD|Md.
    Massachusetts|MA|Mass.
    Michigan|MI|Mich.
    Minnesota|MN|Minn.
    Mississippi|MS|Miss.
    Missouri|MO|Mo.
    Montana|MT|Mont.
    Nebraska|NE|Neb.
    Nevada|NV|Nev.
    New Hampshire|NH|N.H.
    New Jersey|NJ|N.J.
    New Mexico|NM|N.M.
    New York|NY|N.Y.
    North Carolina|NC|N.C.
    North Dakota|ND|N.D.
    Ohio|OH|
    Oklahoma|OK|Okla.
    Oregon|OR|Ore.
    Pennsylvania|PA|Pa.
    Rhode Island|RI|R.I.
    South Carolina|SC|S.C.
    South Dakota|SD|S.D.
    Tennessee|TN|Tenn.
    Texas|TX|Tex.
    Utah|UT|
    Vermont|VT|Vt.
    Virginia|VA|Va.
    Washington|WA|Wash.
    West Virginia|WV|W.Va.
    Wisconsin|WI|Wis.
    Wyoming|WY|Wyo.
    American Samoa|AS|
    Guam|GU|
    Northern Mariana Islands|MP|
    Puerto Rico|PR|P.R.
    U.S. Virgin Islands|VI|";
