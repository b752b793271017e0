//! Mexico.

use super::Country;

/// Mexico: composed first names, two surnames, postcodes of five digits, states with short forms.
pub const MX: Country = Country {
    code: "MX",
    women: "María Guadalupe|María|Juana|Margarita|Verónica|Rosa María|Martha|Alejandra|Leticia|Gabriela|\
            Guadalupe|Patricia|Yolanda|Elizabeth|Alicia|María Elena|Ana María|Josefina|María del Carmen|\
            Sofía|Ximena|Valentina|Fernanda|Mónica|Teresa|Lucía|Inés|Concepción|Rocío|Itzel|Citlali|\
            María José|Luz María|Ángela|Begoña",
    men: "José Luis|Juan Carlos|Miguel Ángel|José|Juan|Francisco|Jesús|Antonio|Alejandro|Carlos|Roberto|\
          Manuel|Ricardo|Fernando|Eduardo|Francisco Javier|Víctor Manuel|Luis|Pedro|Jorge|Raúl|Óscar|Martín|\
          Ramón|Héctor|Sergio|Iván|Andrés|Adrián|Rubén|Ángel|Íñigo|José María|Luis Ángel|Cuauhtémoc",
    surnames: "Hernández|García|Martínez|López|González|Pérez|Rodríguez|Sánchez|Ramírez|Cruz|Flores|Gómez|\
               Morales|Vázquez|Jiménez|Reyes|Díaz|Torres|Gutiérrez|Ruiz|Mendoza|Aguilar|Ortiz|Moreno|\
               Castillo|Romero|Álvarez|Méndez|Chávez|Rivera|Juárez|Ramos|Domínguez|Herrera|Medina|Castro|\
               Vargas|Guzmán|Velázquez|Rojas|Muñoz|Núñez|Peña|Ibáñez|Ávila|Ángeles|Íñiguez|de la Cruz|\
               de la Torre|de León|del Río|D'Angelo|Nava|Solís|Ochoa|Cárdenas|Zúñiga|Acuña|Treviño|Garza|\
               Cantú|Sepúlveda|Montes de Oca|Güemes|Argüelles",
    cities: "
        Ciudad de México|Ciudad de México|CDMX|06600
        Coyoacán|Ciudad de México|CDMX|04000
        Benito Juárez|Ciudad de México|CDMX|03100
        Álvaro Obregón|Ciudad de México|CDMX|01000
        Guadalajara|Jalisco|Jal.|44100
        Zapopan|Jalisco|Jal.|45100
        Tlaquepaque|Jalisco|Jal.|45500
        Monterrey|Nuevo León|N.L.|64000
        San Pedro Garza García|Nuevo León|N.L.|66220
        Puebla|Puebla|Pue.|72000
        Tijuana|Baja California|B.C.|22000
        La Paz|Baja California Sur|B.C.S.|23000
        León|Guanajuato|Gto.|37000
        Juárez|Chihuahua|Chih.|32000
        Mérida|Yucatán|Yuc.|97000
        Cancún|Quintana Roo|Q. Roo|77500
        Playa del Carmen|Quintana Roo|Q. Roo|77710
        Querétaro|Querétaro|Qro.|76000
        San Luis Potosí|San Luis Potosí|S.L.P.|78000
        Aguascalientes|Aguascalientes|Ags.|20000
        Culiacán|Sinaloa|Sin.|80000
        Hermosillo|Sonora|Son.|83000
        Torreón|Coahuila|Coah.|27000
        Morelia|Michoacán|Mich.|58000
        Toluca|Estado de México|Edomex|50000
        Ecatepec|Estado de México|Edomex|55000
        Veracruz|Veracruz|Ver.|91700
        Oaxaca|Oaxaca|Oax.|68000
        Tuxtla Gutiérrez|Chiapas|Chis.|29000
        Mazatlán|Sinaloa|Sin.|82000",
    arabic_share: 0,
    double_surnames: 65,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|outlook.com|yahoo.com.mx|live.com.mx|prodigy.net.mx|icloud.com",
    share: 10,
};
