"""Places people name for a time zone, where the zone's own name (Asia/Tokyo) does not say it."""

ZONE_OF_PLACES = {
    "Asia/Shanghai": (
        "beijing|peking|china|shenzhen|guangzhou|chengdu|hangzhou|wuhan|nanjing|xian|xi'an|tianjin|suzhou|"
        "qingdao|北京|上海|中国|深圳|广州|成都|杭州|武汉|南京|西安|天津|苏州|青岛|重庆|大连|厦门|长沙|"
        "beijing time|china standard time|北京时间"
    ),
    "Asia/Hong_Kong": "香港|hkt",
    "Asia/Macau": "macao|澳门",
    "Asia/Taipei": "taiwan|台北|台湾",
    "Asia/Tokyo": "japan|osaka|kyoto|sapporo|yokohama|日本|东京|大阪|京都|札幌|横滨|jst",
    "Asia/Seoul": "south korea|korea|busan|韩国|首尔|釜山|kst",
    "Asia/Pyongyang": "north korea|平壤|朝鲜",
    "Asia/Singapore": "新加坡|sgt",
    "Asia/Kuala_Lumpur": "malaysia|吉隆坡|马来西亚",
    "Asia/Bangkok": "thailand|phuket|chiang mai|曼谷|泰国|普吉",
    "Asia/Ho_Chi_Minh": "vietnam|hanoi|saigon|ho chi minh city|越南|河内|胡志明市",
    "Asia/Jakarta": "印尼|雅加达|bali time west",
    "Asia/Makassar": "bali|denpasar|巴厘岛",
    "Asia/Manila": "philippines|cebu|马尼拉|菲律宾",
    "Asia/Kolkata": (
        "india|mumbai|delhi|new delhi|bangalore|bengaluru|chennai|hyderabad|pune|calcutta|印度|孟买|新德里|"
        "德里|班加罗尔"
    ),
    "Asia/Karachi": "pakistan|lahore|islamabad|巴基斯坦|卡拉奇",
    "Asia/Dhaka": "bangladesh|孟加拉国|达卡",
    "Asia/Kathmandu": "nepal|尼泊尔|加德满都",
    "Asia/Colombo": "sri lanka|斯里兰卡",
    "Asia/Dubai": "uae|united arab emirates|abu dhabi|迪拜|阿联酋|阿布扎比",
    "Asia/Riyadh": "saudi arabia|jeddah|mecca|沙特|利雅得",
    "Asia/Qatar": "doha|卡塔尔|多哈",
    "Asia/Tehran": "iran|伊朗|德黑兰",
    "Asia/Jerusalem": "israel|tel aviv|以色列|耶路撒冷|特拉维夫",
    "Europe/Istanbul": "turkey|ankara|土耳其|伊斯坦布尔",
    "Europe/London": (
        "uk|united kingdom|england|britain|scotland|edinburgh|manchester|wales|bst|英国|伦敦|爱丁堡|曼彻斯特"
    ),
    "Europe/Dublin": "ireland|爱尔兰|都柏林",
    "Europe/Paris": "france|lyon|marseille|nice|法国|巴黎",
    "Europe/Berlin": "germany|munich|hamburg|frankfurt|cologne|cet|cest|德国|柏林|慕尼黑|法兰克福|汉堡",
    "Europe/Madrid": "spain|barcelona|seville|西班牙|马德里|巴塞罗那",
    "Europe/Rome": "italy|milan|venice|florence|naples|意大利|罗马|米兰|威尼斯|佛罗伦萨",
    "Europe/Amsterdam": "netherlands|rotterdam|荷兰|阿姆斯特丹",
    "Europe/Brussels": "belgium|比利时|布鲁塞尔",
    "Europe/Zurich": "switzerland|geneva|bern|瑞士|苏黎世|日内瓦",
    "Europe/Vienna": "austria|奥地利|维也纳",
    "Europe/Prague": "czech republic|czechia|布拉格|捷克",
    "Europe/Warsaw": "poland|krakow|波兰|华沙",
    "Europe/Budapest": "hungary|匈牙利|布达佩斯",
    "Europe/Athens": "greece|eet|希腊|雅典",
    "Europe/Lisbon": "portugal|porto|葡萄牙|里斯本",
    "Europe/Stockholm": "sweden|瑞典|斯德哥尔摩",
    "Europe/Oslo": "norway|挪威|奥斯陆",
    "Europe/Copenhagen": "denmark|丹麦|哥本哈根",
    "Europe/Helsinki": "finland|芬兰|赫尔辛基",
    "Europe/Kyiv": "ukraine|kiev|乌克兰|基辅",
    "Europe/Moscow": "russia|msk|st petersburg|saint petersburg|俄罗斯|莫斯科",
    "Atlantic/Reykjavik": "iceland|冰岛|雷克雅未克",
    "Africa/Cairo": "egypt|埃及|开罗",
    "Africa/Johannesburg": "south africa|cape town|durban|pretoria|南非|约翰内斯堡|开普敦",
    "Africa/Nairobi": "kenya|肯尼亚|内罗毕",
    "Africa/Lagos": "nigeria|abuja|尼日利亚|拉各斯",
    "Africa/Casablanca": "morocco|rabat|marrakesh|摩洛哥|卡萨布兰卡",
    "Africa/Addis_Ababa": "ethiopia|埃塞俄比亚",
    "America/New_York": (
        "new york city|nyc|boston|washington|washington dc|washington d.c.|miami|atlanta|philadelphia|"
        "orlando|eastern time|et|est|edt|纽约|华盛顿|波士顿|迈阿密|亚特兰大|美国东部"
    ),
    "America/Chicago": (
        "houston|dallas|austin|central time|ct|cdt|new orleans|minneapolis|芝加哥|休斯顿|达拉斯|美国中部"
    ),
    "America/Denver": "mountain time|mst|mdt|salt lake city|丹佛",
    "America/Phoenix": "arizona|凤凰城",
    "America/Los_Angeles": (
        "la|san francisco|seattle|san diego|las vegas|california|silicon valley|portland|pacific time|pt|pst|"
        "pdt|洛杉矶|旧金山|西雅图|圣地亚哥市|拉斯维加斯|加州|硅谷|美国西部"
    ),
    "America/Anchorage": "alaska|阿拉斯加",
    "Pacific/Honolulu": "hawaii|夏威夷|檀香山",
    "America/Toronto": "ottawa|montreal|quebec|多伦多|渥太华|蒙特利尔",
    "America/Vancouver": "温哥华",
    "America/Edmonton": "calgary|卡尔加里",
    "America/Halifax": "atlantic time",
    "America/Mexico_City": "mexico|guadalajara|墨西哥|墨西哥城",
    "America/Sao_Paulo": "brazil|rio|rio de janeiro|brasilia|巴西|圣保罗|里约热内卢|里约",
    "America/Argentina/Buenos_Aires": "argentina|阿根廷|布宜诺斯艾利斯",
    "America/Santiago": "chile|智利|圣地亚哥",
    "America/Bogota": "colombia|哥伦比亚|波哥大",
    "America/Lima": "peru|秘鲁|利马",
    "America/Caracas": "venezuela|委内瑞拉",
    "America/Havana": "cuba|古巴|哈瓦那",
    "Australia/Sydney": "canberra|aest|aedt|悉尼|堪培拉",
    "Australia/Melbourne": "墨尔本",
    "Australia/Brisbane": "gold coast|布里斯班",
    "Australia/Perth": "awst|珀斯",
    "Australia/Adelaide": "阿德莱德",
    "Pacific/Auckland": "new zealand|wellington|christchurch|nzst|nzdt|新西兰|奥克兰|惠灵顿",
    "Etc/UTC": "utc|gmt|z|zulu|greenwich|世界标准时间|格林尼治|协调世界时",
}

AMBIGUOUS = {
    "cst": "America/Chicago or Asia/Shanghai",
    "ist": "Asia/Kolkata or Asia/Jerusalem",
    "usa": "New York, Chicago, Denver or Los Angeles",
    "us": "New York, Chicago, Denver or Los Angeles",
    "united states": "New York, Chicago, Denver or Los Angeles",
    "america": "New York, Chicago, Denver or Los Angeles",
    "美国": "纽约, 芝加哥, 丹佛 or 洛杉矶",
    "canada": "Toronto, Edmonton or Vancouver",
    "加拿大": "多伦多 or 温哥华",
    "australia": "Sydney, Adelaide or Perth",
    "澳大利亚": "悉尼 or 珀斯",
}
