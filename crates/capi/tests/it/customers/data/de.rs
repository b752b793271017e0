//! Germany.

use super::Country;

/// Germany: umlauts and ß stay, double names with hyphens, postcodes of five digits.
pub const DE: Country = Country {
    code: "DE",
    women: "Ursula|Monika|Petra|Sabine|Elisabeth|Renate|Karin|Helga|Brigitte|Ingrid|Erika|Andrea|Gisela|\
            Claudia|Susanne|Gabriele|Christa|Christine|Hildegard|Anna|Birgit|Käthe|Bärbel|Jördis|Anna-Lena|\
            Marie-Luise|Eva-Maria|Mia|Emma|Sophie|Lina|Jürgine|Zoë|Anne Marie|Ann-Kathrin",
    men: "Peter|Michael|Thomas|Andreas|Wolfgang|Klaus|Jürgen|Günter|Stefan|Christian|Uwe|Werner|Horst|Frank|\
          Dieter|Manfred|Gerhard|Hans|Bernd|Thorsten|Mathias|Jörg|Björn|Sören|Götz|Hans-Peter|Karl-Heinz|\
          Hans-Jürgen|Klaus-Dieter|Lukas|Felix|Jonas|Rüdiger|Lothar|Hans Georg|Matthäus",
    surnames: "Müller|Schmidt|Schneider|Fischer|Weber|Meyer|Wagner|Becker|Schulz|Hoffmann|Schäfer|Koch|Bauer|\
               Richter|Klein|Wolf|Schröder|Neumann|Schwarz|Zimmermann|Braun|Krüger|Hofmann|Hartmann|Lange|\
               Schmitt|Werner|Krause|Meier|Lehmann|Schmid|Schulze|Maier|Köhler|Herrmann|König|Walter|Mayer|\
               Huber|Kaiser|Fuchs|Peters|Lang|Scholz|Möller|Weiß|Jung|Hahn|Vogel|Groß|Strauß|Preuß|Weißmüller|\
               Böhm|Jäger|Günther|Süß|von der Heide|von Bülow|Müller-Lüdenscheidt|Leutheusser|D'Amico|\
               Schön|Röder|Förster",
    cities: "
        Berlin|Berlin|BE|10115
        München|Bayern|BY|80331
        Nürnberg|Bayern|BY|90402
        Würzburg|Bayern|BY|97070
        Garmisch-Partenkirchen|Bayern|BY|82467
        Köln|Nordrhein-Westfalen|NRW|50667
        Düsseldorf|Nordrhein-Westfalen|NRW|40213
        Mönchengladbach|Nordrhein-Westfalen|NRW|41061
        Castrop-Rauxel|Nordrhein-Westfalen|NRW|44575
        Münster|Nordrhein-Westfalen|NRW|48143
        Hamburg|Hamburg|HH|20095
        Bremen|Bremen|HB|28195
        Frankfurt am Main|Hessen|HE|60311
        Gießen|Hessen|HE|35390
        Stuttgart|Baden-Württemberg|BW|70173
        Tübingen|Baden-Württemberg|BW|72070
        Villingen-Schwenningen|Baden-Württemberg|BW|78050
        Saarbrücken|Saarland|SL|66111
        Mainz|Rheinland-Pfalz|RP|55116
        Hannover|Niedersachsen|NI|30159
        Göttingen|Niedersachsen|NI|37073
        Kiel|Schleswig-Holstein|SH|24103
        Lübeck|Schleswig-Holstein|SH|23552
        Rostock|Mecklenburg-Vorpommern|MV|18055
        Dresden|Sachsen|SN|01067
        Leipzig|Sachsen|SN|04109
        Chemnitz|Sachsen|SN|09111
        Görlitz|Sachsen|SN|02826
        Cottbus|Brandenburg|BB|03046
        Jena|Thüringen|TH|07743
        Magdeburg|Sachsen-Anhalt|ST|39104",
    arabic_share: 0,
    double_surnames: 6,
    surname_joint: "-",
    mail_hosts: "gmail.com|gmx.de|gmx.net|web.de|t-online.de|freenet.de|outlook.de|yahoo.de|icloud.com|posteo.de",
    share: 10,
};
