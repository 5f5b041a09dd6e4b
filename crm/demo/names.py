"""Word lists for people, companies and places. All invented; none means a real person or firm."""

from __future__ import annotations

from dataclasses import dataclass

SURNAMES_ZH = [
    ("陈", "Chen"), ("林", "Lin"), ("黄", "Huang"), ("张", "Zhang"), ("李", "Li"), ("王", "Wang"), ("吴", "Wu"),
    ("刘", "Liu"), ("蔡", "Cai"), ("杨", "Yang"), ("许", "Xu"), ("郑", "Zheng"), ("谢", "Xie"), ("郭", "Guo"),
    ("洪", "Hong"), ("邱", "Qiu"), ("曾", "Zeng"), ("廖", "Liao"), ("赖", "Lai"), ("徐", "Xu"), ("周", "Zhou"),
    ("叶", "Ye"), ("苏", "Su"), ("庄", "Zhuang"), ("吕", "Lü"), ("江", "Jiang"), ("何", "He"), ("萧", "Xiao"),
    ("罗", "Luo"), ("高", "Gao"), ("潘", "Pan"), ("简", "Jian"), ("朱", "Zhu"), ("钟", "Zhong"), ("彭", "Peng"),
    ("游", "You"), ("詹", "Zhan"), ("胡", "Hu"), ("施", "Shi"), ("沈", "Shen"), ("欧阳", "Ouyang"), ("司徒", "Situ"),
]  # fmt: skip
GIVEN_ZH = [
    ("晓雨", "Xiaoyu"), ("志强", "Zhiqiang"), ("美玲", "Meiling"), ("建国", "Jianguo"), ("丽华", "Lihua"),
    ("文博", "Wenbo"), ("思远", "Siyuan"), ("雅婷", "Yating"), ("家豪", "Jiahao"), ("淑芬", "Shufen"),
    ("子涵", "Zihan"), ("欣怡", "Xinyi"), ("浩然", "Haoran"), ("梓萱", "Zixuan"), ("宇轩", "Yuxuan"),
    ("婉清", "Wanqing"), ("明哲", "Mingzhe"), ("佳琪", "Jiaqi"), ("瑞", "Rui"), ("敏", "Min"), ("静", "Jing"),
    ("磊", "Lei"), ("洋", "Yang"), ("霞", "Xia"), ("鹏", "Peng"), ("倩", "Qian"), ("昊天", "Haotian"),
    ("诗涵", "Shihan"), ("一诺", "Yinuo"), ("俊杰", "Junjie"), ("秀英", "Xiuying"), ("海燕", "Haiyan"),
    ("国栋", "Guodong"), ("雪梅", "Xuemei"), ("永康", "Yongkang"), ("若兰", "Ruolan"), ("嘉怡", "Jiayi"),
    ("天佑", "Tianyou"), ("慧敏", "Huimin"), ("振华", "Zhenhua"), ("玉洁", "Yujie"), ("立新", "Lixin"),
]  # fmt: skip
SURNAMES = {
    "de": [
        "Becker",
        "Brandt",
        "Fuchs",
        "Hartmann",
        "Keller",
        "Krüger",
        "Lorenz",
        "Maurer",
        "Neumann",
        "Pohl",
        "Richter",
        "Schäfer",
        "Vogt",
        "Winkler",
        "Zimmer",
    ],
    "en": [
        "Archer",
        "Bennett",
        "Carver",
        "Dalton",
        "Ellis",
        "Fletcher",
        "Graham",
        "Harlow",
        "Irving",
        "Langley",
        "Mercer",
        "Osborne",
        "Prescott",
        "Sutton",
        "Whitlock",
    ],
    "fr": [
        "Arnaud",
        "Blanchet",
        "Chevalier",
        "Delmas",
        "Fontaine",
        "Girard",
        "Lambert",
        "Marchand",
        "Noël",
        "Perrin",
        "Renard",
        "Sauvage",
        "Tessier",
        "Vasseur",
    ],
    "sv": [
        "Åberg",
        "Björk",
        "Dahl",
        "Ekström",
        "Forsberg",
        "Hedlund",
        "Lindgren",
        "Nordin",
        "Rosén",
        "Sjögren",
        "Söderberg",
        "Wallin",
    ],
    "es": [
        "Aguilar",
        "Benítez",
        "Castaño",
        "Domínguez",
        "Escobar",
        "Fuentes",
        "Ibáñez",
        "Marín",
        "Núñez",
        "Peña",
        "Rosales",
        "Soler",
        "Vidal",
    ],
}
GIVEN = {
    "de": [
        "Anna",
        "Bernd",
        "Clara",
        "Dieter",
        "Elke",
        "Felix",
        "Greta",
        "Hannes",
        "Ida",
        "Jonas",
        "Katrin",
        "Lukas",
        "Marlene",
        "Niklas",
        "Petra",
        "Uwe",
    ],
    "en": [
        "Alice",
        "Ben",
        "Chloe",
        "Daniel",
        "Emma",
        "Freddie",
        "Grace",
        "Harry",
        "Isla",
        "Jack",
        "Lily",
        "Martha",
        "Noah",
        "Oliver",
        "Poppy",
        "Theo",
    ],
    "fr": [
        "Adèle",
        "Baptiste",
        "Camille",
        "Didier",
        "Élodie",
        "Fabien",
        "Gaëlle",
        "Hugo",
        "Inès",
        "Julien",
        "Léa",
        "Maxime",
        "Noémie",
        "Rémi",
    ],
    "sv": ["Alva", "Björn", "Ebba", "Elin", "Gustav", "Hedda", "Isak", "Liv", "Måns", "Nils", "Sigrid", "Tove"],
    "es": [
        "Alba",
        "Bruno",
        "Carmen",
        "Diego",
        "Elena",
        "Gonzalo",
        "Inés",
        "Joaquín",
        "Lucía",
        "Martín",
        "Nuria",
        "Raúl",
    ],
}


@dataclass(frozen=True)
class Place:
    """A city with what addresses, phones and teams need."""

    city: str
    city_zh: str
    region: str
    country: str
    language: str
    zone: str
    team: str  # north or south
    weight: float
    phone: str  # # is a digit
    postcode: str
    street: str


_CN = "China", "zh", "Asia/Shanghai"
_CN_END = "+86 1## 00## ####"
PLACES = [
    Place("Hangzhou", "杭州", "Zhejiang", *_CN, "north", 10, _CN_END, "310###", "西湖区文三路 # 号"),
    Place("Shanghai", "上海", "Shanghai", *_CN, "north", 13, _CN_END, "200###", "徐汇区衡山路 # 号"),
    Place("Beijing", "北京", "Beijing", *_CN, "north", 9, _CN_END, "100###", "朝阳区工体北路 # 号"),
    Place("Nanjing", "南京", "Jiangsu", *_CN, "north", 5, _CN_END, "210###", "鼓楼区中山路 # 号"),
    Place("Guangzhou", "广州", "Guangdong", *_CN, "south", 8, _CN_END, "510###", "天河区体育西路 # 号"),
    Place("Shenzhen", "深圳", "Guangdong", *_CN, "south", 9, _CN_END, "518###", "南山区科技园路 # 号"),
    Place("Chengdu", "成都", "Sichuan", *_CN, "south", 7, _CN_END, "610###", "锦江区春熙路 # 号"),
    Place("Xiamen", "厦门", "Fujian", *_CN, "south", 3, _CN_END, "361###", "思明区环岛路 # 号"),
    Place("Singapore", "新加坡", "", "Singapore", "en", "Asia/Singapore", "south", 6, "+65 8### ####", "0#####", "# Tanjong Lane"),
    Place("Berlin", "柏林", "Berlin", "Germany", "de", "Europe/Berlin", "north", 5, "+49 152 0#######", "10###", "Lindenallee #"),
    Place("Hamburg", "汉堡", "Hamburg", "Germany", "de", "Europe/Berlin", "north", 3, "+49 152 0#######", "20###", "Hafenweg #"),
    Place("London", "伦敦", "Greater London", "United Kingdom", "en", "Europe/London", "south", 6, "+44 7700 900###", "N1 #AB", "# Canal Street"),
    Place("Manchester", "曼彻斯特", "Greater Manchester", "United Kingdom", "en", "Europe/London", "south", 2, "+44 7700 900###", "M# 4QT", "# Mill Lane"),
    Place("Lyon", "里昂", "Auvergne-Rhône-Alpes", "France", "fr", "Europe/Paris", "south", 3, "+33 6 39 98 ## ##", "6900#", "# rue des Ateliers"),
    Place("Stockholm", "斯德哥尔摩", "Stockholm", "Sweden", "sv", "Europe/Stockholm", "north", 3, "+46 70 174 06 ##", "11# ##", "Björkgatan #"),
    Place("Valencia", "巴伦西亚", "Valencia", "Spain", "es", "Europe/Madrid", "south", 3, "+34 600 0## ###", "460##", "Calle del Molino #"),
    Place("Portland", "波特兰", "Oregon", "United States", "en", "America/Los_Angeles", "south", 4, "+1 503 555 01##", "972##", "# Alder Street"),
]  # fmt: skip

FIRM_ZH = [
    "青禾",
    "云岭",
    "星桥",
    "禾木",
    "拾光",
    "北岸",
    "南山里",
    "九号",
    "知味",
    "半亩",
    "清和",
    "远航",
    "白鹭",
    "松间",
    "玖月",
    "海棠",
    "木子",
    "朝暮",
    "山外",
    "小满",
]
FIRM_ZH_TRADE = ["科技", "设计", "咖啡", "文化", "酒店", "餐饮", "传媒", "教育", "建筑", "贸易"]
FIRM_ZH_END = ["有限公司", "工作室", "股份有限公司", "商行"]
FIRM = [
    "Blue Finch",
    "Cedar",
    "Nordlys",
    "Harbour",
    "Larkspur",
    "Granite",
    "Quill",
    "Meridian",
    "Copperfield",
    "Juniper",
    "Saltmarsh",
    "Tandem",
    "Alder",
    "Lantern",
    "Kestrel",
    "Foxglove",
    "Orchard",
    "Wavelength",
    "Maple",
    "Northgate",
]
FIRM_TRADE = [
    "Studio",
    "Design",
    "Coffee",
    "Hotel",
    "Books",
    "Kitchen",
    "Works",
    "Media",
    "Architects",
    "Trading",
    "Labs",
    "Academy",
]
FIRM_END = {"de": " GmbH", "en": " Ltd", "fr": " SARL", "sv": " AB", "es": " SL"}
TITLES = [
    "Office manager",
    "Founder",
    "Head of purchasing",
    "Facility manager",
    "Operations lead",
    "Chef",
    "Bar manager",
    "Assistant",
]
TITLES_ZH = ["行政经理", "创始人", "采购主管", "运营负责人", "店长", "总经理助理"]
"""Job titles of contacts."""
