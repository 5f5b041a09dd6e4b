"""Header words that people use for the fields of customers and contacts, folded (see ``fields.fold``)."""

from __future__ import annotations

from functools import lru_cache

from customers.imports.fields import fold

NAMES = {
    "external_id": "id customerid customerno customernumber accountid contactid externalid externalidc recordid key uid "
    "kundennummer kundennr kundenid numeroclient clientid codeclient idcliente numerocliente código codigo codigocliente "
    "编号 客户编号 客户id 会员号 客戶編號 編號 顧客番号 顧客id 会員番号 고객번호 고객id кодклиента номерклиента numerklienta "
    "idklienta klantnummer kundnummer asiakasnumero zákazníkid mãkháchhàng müşterino رقمالعميل",
    "kind": "type customertype accounttype 类型 客户类型 客戶類型 種別 顧客種別 typ kundentyp",
    "name": "fullname displayname customername accountname contactname customer fileas 客户 姓名 客户名称 客户姓名 名称 联系人 客戶 "
    "客戶名稱 客戶姓名 名稱 聯絡人 氏名 名前 お名前 顧客名 이름 성명 고객명 nomcomplet nometprénom nombrecompleto nombreyapellidos "
    "nomecompleto vollername vollständigername kundenname namn naam volledigenaam jménoapříjmení jméno imięinazwisko teljesnév "
    "numecomplet adsoyad adısoyadı имяполностью полноеимя фио клиент ονοματεπώνυμο họtên họvàtên tênđầyđủ الاسمالكامل الاسم שםמלא "
    "ชื่อนามสกุล नाम nominativo",
    "first_name": "firstname givenname forename vorname rufname prenom prénom nombre nombres imię imie jmeno křestníjméno "
    "имя именем имяотчество ім'я імя 名 given nome förnamn fornavn etunimi voornaam keresztnév utónév prenume ime ad adı όνομα "
    "tên الاسمالأول שםפרטי ชื่อ meno eesnimi vārds vardas 名字 이름명 firstnames christianname",
    "last_name": "lastname surname familyname nachname familienname nom nomdefamille apellido apellidos nazwisko фамилия прізвище "
    "姓 姓氏 family sobrenome apelido cognome efternamn efternavn etternavn sukunimi achternaam příjmení priezvisko vezetéknév nume "
    "numedefamilie prezime soyad soyadı επώνυμο επίθετο họ اسمالعائلة اسمالعائله اللقب שםמשפחה นามสกุล perekonnanimi uzvārds pavardė 성",
    "company": "companyname organization organisation organizationname organization1name employer business firma firmenname "
    "unternehmen société societe raisonsociale entreprise empresa compañía organización razónsocial companhia azienda società "
    "ragionesociale företag företagsnamn virksomhed bedrijf bedrijfsnaam yritys společnost spoločnosť cég cégnév companie şirket "
    "şirketadı kurum компания организация фирма предприятие компанія εταιρεία côngty têncôngty الشركة اسمالشركة חברה บริษัท "
    "nazwafirmy tvrtka poduzeće ettevõte uzņēmums įmonė 公司 公司名称 单位 单位名称 企业 企业名称 公司名稱 企業名稱 会社名 会社 企業名 勤務先 회사 회사명 직장 associatedcompany",
    "title": "jobtitle position role job funktion beruf stellung stanowisko cargo puesto ocupación poste fonction должность посада "
    "职位 职务 岗位 職稱 職位 職務 役職 肩書 役職名 직책 직위 직함 funzione ruolo befattning titel stilling functie tehtävä pozice "
    "funkce pozícia beosztás funcție funcţie pozicija unvan görev ünvan θέση chứcvụ chứcdanh المسمىالوظيفي الوظيفة תפקיד ตำแหน่ง "
    "organization1title amet amats pareigos função",
    "email": "emailaddress mail email1 emailaddress1 email1value primaryemail workemail personalemail correo correoelectrónico "
    "correoelectronico courriel adressemail adresseemail adresseélectronique mailadresse emailadresse эпочта почта электроннаяпочта "
    "адресэлпочты емайл имейл пошта електроннапошта 邮箱 电子邮件 电子邮箱 邮件 邮箱地址 電郵 電子郵件 電子信箱 信箱 メール メールアドレス eメール "
    "電子メール 이메일 이메일주소 전자우편 메일 epost epostadress sähköposti epostă eposta epostaadresi elektronickápošta adrese-mail "
    "ηλεκτρονικόταχυδρομείο thưđiệntử البريدالإلكتروني البريدالالكتروني البريد دואל דואל אימייל อีเมล posta posteelettronica adreselektroniczny ímél",
    "phone": "phonenumber telephone tel mobile mobilephone mobilenumber cell cellphone businessphone phone1 phone1value workphone "
    "homephone primaryphone telefon telefonnummer telefonnr mobil mobiltelefon handy handynummer rufnummer téléphone telephonenumber "
    "portable numérodetéléphone telefono teléfono móvil celular telefone telemóvel telemovel cellulare numeroditelefono телефон "
    "номертелефона мобильный мобильныйтелефон моб тел телефонний 电话 手机 手机号 手机号码 联系电话 电话号码 電話 電話號碼 手機 行動電話 聯絡電話 "
    "電話番号 携帯 携帯電話 携帯番号 전화 전화번호 휴대폰 휴대전화 연락처 telefoon telefoonnummer puhelin puhelinnumero telefonszám "
    "numărdetelefon komórka numertelefonu tlf telefonní číslotelefonu mobitel τηλέφωνο κινητό điệnthoại sốđiệnthoại sđt الهاتف رقمالهاتف "
    "الجوال هاتف טלפון נייד โทรศัพท์ เบอร์โทร tālrunis telefonas cep ceptelefonu",
    "birth_date": "birthday birthdate dob dateofbirth born geburtsdatum geburtstag datedenaissance fechadenacimiento "
    "datadenascimento datadinascita датарождения деньрождения датанародження dataurodzenia datumnarození születésidátum "
    "födelsedatum geboortedatum doğumtarihi ngàysinh تاريخالميلاد 生日 出生日期 生年月日 誕生日 생년월일 생일 syntymäaika fødselsdato",
    "gender": "sex geschlecht sexe sexo género sesso пол стать płeć pohlaví nem kön geslacht cinsiyet giớitính الجنس 性别 性別 성별 sukupuoli",
    "address": "street streetaddress address1 addressline1 address1street adresse adresse1 anschrift strasse straße straßehausnummer "
    "rue voie dirección direccion calle domicilio endereço endereco rua morada indirizzo via адрес адреса улица вулиця "
    "地址 住址 详细地址 联系地址 街道 通訊地址 聯絡地址 住所 所在地 주소 도로명주소 adres ulica adresa ulice cím utca adress gata gatuadress "
    "straat osoite katuosoite vej diễnchỉ địachỉ διεύθυνση οδός العنوان כתובת ที่อยู่ aadress adresse-postale mailingstreet "
    "billingstreet businessstreet homestreet hausanschrift",
    "city": "town ort stadt wohnort ville localité commune ciudad localidad población cidade localidade città comune miasto "
    "miejscowość город населённыйпункт місто 城市 市 所在城市 縣市 鄉鎮市區 市区町村 都市 도시 시 stad plaats woonplaats kaupunki "
    "město mesto obec város település helység oraș oraş grad şehir il ilçe πόλη thànhphố المدينة مدينة עיר เมือง จังหวัด linn "
    "pilsēta miestas by poststed mailingcity billingcity businesscity homecity locality address1city",
    "region": "state province county bundesland region stateprovince stateregion région département departement provincia estado uf "
    "provinciaestado regione регион область край województwo wojewodztwo kraj megye județ län fylke 省 省份 州 地区 縣 都道府県 県 "
    "도 시도 tỉnh المنطقة νομός mailingstate billingstate mailingstateprovince billingstateprovince businessstate address1region",
    "postcode": "zip zipcode postalcode postal plz postleitzahl codepostal cp códigopostal codigopostal cep códpostal cap индекс "
    "почтовыйиндекс індекс kodpocztowy psč irányítószám postnummer postnr postinumero codpoștal postakodu mãbưuđiện ταχυδρομικόςκώδικας "
    "الرمزالبريدي מיקוד รหัสไปรษณีย์ 邮编 邮政编码 郵遞區號 郵便番号 우편번호 mailingpostalcode billingpostalcode mailingzippostalcode "
    "billingzippostalcode businesspostalcode address1postalcode",
    "country": "countrycode countryregion land staat pays país pais paese nazione страна країна kraj państwo země krajina ország țara "
    "țară ülke χώρα quốcgia الدولة البلد ארץ מדינה ประเทศ maa 国家 国家地区 国 國家 国名 국가 나라 mailingcountry billingcountry "
    "businesscountry businesscountryregion address1country shippingcountry",
    "language": "lang locale preferredlanguage sprache langue idioma lingua язык мова język jazyk nyelv limbă dil ngônngữ اللغة 语言 語言 言語 언어",
    "owner": "ownername accountowner contactowner salesrep salesperson responsible betreuer verantwortlich responsable propietario "
    "ответственный менеджер opiekun 负责人 所有者 負責人 業務 担当者 담당자 ownerfullname owneralias",
    "team": "salesteam group equipo équipe команда zespół 团队 部门 團隊 部門 팀",
    "lifecycle": "stage lifecyclestage status leadstatus 状态 阶段 狀態 階段 статус",
    "tags": "tag labels label keywords categories category stichwort schlagwörter étiquettes etiquetas etichette теги метки tagi "
    "štítky címkék etiketler 标签 標籤 タグ 태그 groupmembership",
    "note": "notes comment comments description remark remarks memo notiz notizen bemerkung bemerkungen anmerkung kommentar "
    "beschreibung notatka notatki uwagi opis observaciones comentarios nota notas observações comentários remarque remarques "
    "commentaire commentaires заметка заметки примечание примечания комментарий комментарии нотатка примітка poznámka poznámky "
    "megjegyzés anteckning anteckningar opmerking opmerkingen notitie huomautus muistiinpano bemærkning merknad notițe observații napomena bilješka not "
    "notlar açıklama σημειώσεις σχόλια ghichú ملاحظات ملاحظة הערות הערה หมายเหตุ märkus piezīmes pastabos "
    "备注 说明 附注 備註 附註 說明 備考 メモ コメント 비고 메모",
}  # fmt: skip
"""Field → words, one text each: they are many."""

WORDS = {name: tuple(dict.fromkeys(map(fold, words.split()))) for name, words in NAMES.items()}
"""Field → its words, folded."""

CUSTOMER_ID = ("customer", "customerid", "customerno", "customernumber", "clientid", "accountid", "userid", "memberid",
               "kundennummer", "kundennr", "客户编号", "客户id", "客户", "会员号", "顧客番号", "客戶編號", "고객번호", "accountexternalid",
               "customerexternalid", "companyid", "accountexternalidc")  # fmt: skip
"""Words for the customer that a row of another kind belongs to."""

CUSTOMER_NAME = (
    "customername",
    "clientname",
    "accountname",
    "account",
    "companyname",
    "客户名称",
    "客户姓名",
    "公司名称",
)

CUSTOMER_EMAIL = ("customeremail", "contactemail", "requesteremail", "subscriberemail", *NAMES["email"].split())
"""Words for the e-mail by which a row of another kind names its customer."""

CONTACT_ID = ("contact", "contactid", "contactexternalid", "contactexternalidc", "whoid", "联系人编号", "联系人id")
"""Words for the contact that a row of another kind belongs to."""

GENDERS = {"female": ("f", "w", "woman", "frau", "女", "女性", "mujer", "femme", "weiblich", "жен", "женский", "여", "여성", "k", "kobieta"),
           "male": ("m", "man", "mann", "herr", "男", "男性", "homme", "männlich", "hombre", "муж", "мужской", "남", "남성"),
           "other": ("x", "d", "divers", "其他")}  # fmt: skip


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Every header word for people, to tell a header from rows and one encoding from another."""
    return frozenset(word for words in WORDS.values() for word in words) | frozenset(WORDS)
