"""Header words that people use for the fields of customers and contacts, folded (see ``fields.fold``)."""

NAMES = {
    "external_id": ("id", "customerid", "customerno", "customernumber", "accountid", "contactid", "kundennummer",
                    "kundennr", "numeroclient", "clientid", "编号", "客户编号", "客户id", "会员号", "顧客番号", "uid"),
    "kind": ("type", "customertype", "accounttype", "类型", "客户类型"),
    "name": ("fullname", "displayname", "customername", "accountname", "contactname", "customer", "客户", "姓名", "客户名称",
             "客户姓名", "名称", "氏名", "名前", "이름", "성명", "nomcomplet", "nombrecompleto", "vollername", "имяполностью", "фио"),
    "first_name": ("firstname", "givenname", "forename", "vorname", "prenom", "prénom", "nombre", "imię", "имя", "名", "given"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "nom", "apellido", "apellidos", "nazwisko", "фамилия",
                  "姓", "family", "sobrenome"),
    "company": ("companyname", "organization", "organisation", "account", "employer", "firma", "société", "entreprise",
                "empresa", "компания", "公司", "公司名称", "单位", "会社名", "会社", "회사"),
    "title": ("jobtitle", "position", "role", "job", "stanowisko", "cargo", "poste", "должность", "职位", "职务", "職稱", "役職", "직책"),
    "email": ("emailaddress", "mail", "email1", "correo", "courriel", "почта", "адресэлпочты", "邮箱", "电子邮件",
              "电子邮箱", "邮件", "電郵", "電子郵件", "メール", "メールアドレス", "이메일"),
    "phone": ("phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "cellphone", "telefon", "téléphone",
              "telefono", "teléfono", "telefone", "телефон", "电话", "手机", "手机号", "联系电话", "電話", "電話番号", "전화"),
    "birth_date": ("birthday", "dob", "dateofbirth", "geburtsdatum", "datedenaissance", "生日", "出生日期", "生年月日"),
    "gender": ("sex", "geschlecht", "sexe", "性别"),
    "address": ("street", "streetaddress", "address1", "addressline1", "adresse", "anschrift", "dirección", "adres",
                "адрес", "地址", "住址", "住所", "주소", "strasse", "straße", "mailingstreet", "billingstreet"),
    "city": ("town", "ort", "stadt", "ville", "ciudad", "miasto", "город", "城市", "市", "市区町村", "도시", "mailingcity",
             "billingcity", "locality"),
    "region": ("state", "province", "county", "bundesland", "省", "省份", "州", "都道府県", "mailingstate", "billingstate"),
    "postcode": ("zip", "zipcode", "postalcode", "plz", "codepostal", "邮编", "邮政编码", "郵便番号", "mailingpostalcode",
                 "billingpostalcode"),
    "country": ("countrycode", "land", "pays", "país", "страна", "国家", "国家地区", "国", "mailingcountry", "billingcountry"),
    "language": ("lang", "locale", "preferredlanguage", "sprache", "语言"),
    "owner": ("ownername", "accountowner", "salesrep", "responsible", "负责人", "所有者"),
    "team": ("salesteam", "group", "团队", "部门"),
    "lifecycle": ("stage", "lifecyclestage", "status", "状态", "阶段"),
    "tags": ("tag", "labels", "keywords", "标签"),
    "note": ("notes", "comment", "comments", "description", "remarks", "notiz", "notatka", "observaciones", "заметка",
             "примечание", "备注", "備註", "備考", "비고", "说明"),
}  # fmt: skip
"""Field → words."""

CUSTOMER_ID = ("customer", "customerid", "customerno", "customernumber", "clientid", "accountid", "userid", "memberid",
               "kundennummer", "kundennr", "客户编号", "客户id", "客户", "会员号", "顧客番号")  # fmt: skip
"""Words for the customer that a row of another kind belongs to."""

GENDERS = {"female": ("f", "w", "woman", "frau", "女", "女性", "mujer", "femme"), "male": ("m", "man", "mann", "herr", "男", "男性", "homme"), "other": ("x", "d", "divers", "其他")}  # fmt: skip
