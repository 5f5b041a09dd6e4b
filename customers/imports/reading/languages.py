"""Languages by the letters beyond ASCII that they write and by words that give them away in files of people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """``letters`` are lower case; ``hints`` are folded words: header words, kinds of companies and streets, domains."""

    letters: str
    hints: str = ""


LANGUAGES = {
    "de": Language("äöüß", "nachname vorname firma strasse straße ort plz telefon gmbh ag kg ug ohg str platz weg herr frau notiz adresse anschrift geburtsdatum handy bemerkung stadt kunde kundennummer de at und 49 43"),
    "fr": Language("éèàêçîôûâëïùœÿæ", "nom prénom prenom société societe entreprise rue avenue ville poste courriel téléphone sarl sas sa bd pays code postal adresse remarque client fr 33"),
    "es": Language("óíáéñúüªº¿¡", "nombre apellidos apellido empresa calle ciudad correo teléfono telefono dirección sl sa cp cargo puesto notas avda plaza cliente es mx ar 34 52"),
    "pt": Language("ãçáéíóõâêôúàªº", "nome sobrenome empresa rua cidade telefone endereço cargo ltda bairro travessa morada observações pt br 55 351"),
    "it": Language("àèéìòùª", "nome cognome azienda via città telefono indirizzo srl spa ruolo note piazza viale cliente it 39"),
    "nl": Language("ëïéèöüó", "achternaam voornaam bedrijf straat plaats telefoon bv nv adres postcode functie klant nl be 31 32"),
    "sv": Language("åäöé", "efternamn förnamn företag gata ort telefon ab adress kund vägen gatan se 46"),
    "fi": Language("äöå", "sukunimi etunimi yritys katu kaupunki puhelin oy oyj osoite asiakas fi 358"),
    "da": Language("æøåé", "efternavn fornavn firma gade by telefon aps adresse kunde vej dk 45"),
    "no": Language("øåæéò", "etternavn fornavn firma gate sted telefon as adresse kunde veien no 47"),
    "is": Language("áéíóúýþæöð", "nafn fyrirtæki sími ehf is 354"),
    "pl": Language("łąęóśżźćń", "nazwisko imię imie firma ul miasto telefon adres stanowisko notatka sp oo sa klient kod pocztowy pl al os 48"),
    "cs": Language("íáěéšřčžýůúťďňó", "příjmení jméno firma ulice město telefon sro as adresa zákazník pozice cz 420"),
    "sk": Language("áíčéšžýúťľôňďäĺŕó", "priezvisko meno firma ulica mesto telefón sro as adresa zákazník sk 421"),
    "hu": Language("áéóöőíúüű", "vezetéknév keresztnév cég utca város telefon kft zrt cím beosztás ügyfél hu út 36"),
    "ro": Language("ăâîșțşţ", "nume prenume firma strada oraș telefon srl adresa client ro 40"),
    "hr": Language("čćšžđ", "prezime ime tvrtka ulica grad telefon doo adresa kupac poduzeće hr si rs 385 386"),
    "tr": Language("ıçğöşüâîû", "soyad soyadı ad adı şirket sokak şehir telefon ltd şti aş adres müşteri mahallesi cad tr 90"),
    "et": Language("äöõüšž", "perekonnanimi eesnimi ettevõte tänav linn telefon oü aadress ee 372"),
    "lv": Language("āčēģīķļņšūž", "uzvārds vārds uzņēmums iela pilsēta tālrunis sia adrese lv 371"),
    "lt": Language("ąčęėįšųūž", "pavardė vardas įmonė gatvė miestas telefonas uab adresas lt 370"),
    "vi": Language("áàảãạăâđêôơưéèíìóòúùýỳ", "họ tên công ty đường thành phố điện thoại vn 84"),
    "ru": Language("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "фамилия имя компания город телефон ооо зао ул адрес почта заметка должность ru 7"),
    "uk": Language("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "прізвище імя компанія місто телефон тов вул адреса ua 380"),
    "bg": Language("абвгдежзийклмнопрстуфхцчшщъьюя", "фамилно име фирма град телефон еоод оод адрес bg 359"),
    "sr": Language("абвгдђежзијклљмнњопрстћуфхцчџш", "презиме име фирма град телефон доо адреса rs 381"),
    "el": Language("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "επώνυμο όνομα εταιρεία πόλη τηλέφωνο διεύθυνση gr 30"),
    "he": Language("אבגדהוזחטיךכלםמןנסעףפץצקרשת", "שם חברה עיר טלפון כתובת il 972"),
    "ar": Language("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي", "الاسم الشركة المدينة الهاتف العنوان البريد ae sa eg 966 971 20"),
    "fa": Language("ءآئابپتثجچحخدذرزژسشصضطظعغفقکگلمنهوی", "نام شرکت شهر تلفن آدرس ir 98"),
    "th": Language("กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะัาำิีึืุูเแโใไๆ็่้๊๋์", "ชื่อ นามสกุล บริษัท เมือง โทรศัพท์ th 66"),
}  # fmt: skip

WEST = ("de", "fr", "es", "pt", "it", "nl", "sv", "fi", "da", "no", "is")
CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "de")
CYRILLIC = ("ru", "uk", "bg", "sr")

ONE_BYTE: dict[str, tuple[tuple[str, ...], float]] = {
    "cp1252": (WEST, 0.06), "cp1250": (CENTRAL, 0.04), "cp1251": (CYRILLIC, 0.04), "cp1253": (("el",), 0.03),
    "cp1254": (("tr", "de", "fr"), 0.03), "cp1255": (("he",), 0.02), "cp1256": (("ar", "fa"), 0.02),
    "cp1257": (("lt", "lv", "et"), 0.02), "cp874": (("th",), 0.02), "koi8_u": (CYRILLIC, 0.0),
    "iso8859_15": (WEST, 0.01), "iso8859_2": (CENTRAL, 0.01), "cp866": (CYRILLIC, 0.0), "cp850": (WEST, 0.0),
    "cp852": (CENTRAL, 0.0), "mac_roman": (WEST, -0.02),
}  # fmt: skip
"""Encoding → the languages written in it, and how much it is preferred where two read the text equally well."""
