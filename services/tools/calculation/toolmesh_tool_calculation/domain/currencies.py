"""Currencies by code, sign and name, and conversion by a table of rates."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from toolmesh_core.errors import ToolError

_NAMES: Mapping[str, str] = {
    "AED": "dirham|uae dirham|迪拉姆",
    "ARS": "argentine peso|阿根廷比索",
    "AUD": "australian dollar|a$|澳元|澳大利亚元|澳币",
    "BDT": "taka",
    "BGN": "lev",
    "BRL": "real|brazilian real|r$|雷亚尔|巴西雷亚尔",
    "CAD": "canadian dollar|c$|加元|加拿大元|加币",
    "CHF": "swiss franc|franc|瑞士法郎|瑞郎|法郎",
    "CLP": "chilean peso",
    "CNY": "yuan|renminbi|rmb|chinese yuan|cn¥|人民币|元|块|块钱|元人民币|cnh",
    "COP": "colombian peso",
    "CZK": "czech koruna|koruna",
    "DKK": "danish krone|丹麦克朗",
    "EGP": "egyptian pound|埃及镑",
    "EUR": "euro|€|欧元",
    "GBP": "pound|british pound|pound sterling|sterling|quid|£|英镑",
    "HKD": "hong kong dollar|hk$|港币|港元",
    "HUF": "forint|hungarian forint",
    "IDR": "rupiah|indonesian rupiah|印尼盾|印尼卢比",
    "ILS": "shekel|israeli shekel|₪",
    "INR": "indian rupee|rupee|₹|印度卢比|卢比",
    "ISK": "icelandic krona",
    "JPY": "yen|japanese yen|日元|日圆|日币",
    "KES": "kenyan shilling",
    "KRW": "won|korean won|south korean won|₩|韩元|韩币|韩圆",
    "MAD": "moroccan dirham",
    "MOP": "pataca|澳门元|澳门币",
    "MXN": "mexican peso|墨西哥比索",
    "MYR": "ringgit|malaysian ringgit|林吉特|马币|令吉",
    "NGN": "naira|nigerian naira|₦",
    "NOK": "norwegian krone|挪威克朗",
    "NZD": "new zealand dollar|nz$|新西兰元|纽币",
    "PHP": "philippine peso|₱|菲律宾比索",
    "PKR": "pakistani rupee",
    "PLN": "zloty|polish zloty|兹罗提",
    "QAR": "qatari riyal",
    "RON": "romanian leu|leu",
    "RUB": "ruble|rouble|russian ruble|₽|卢布|俄罗斯卢布",
    "SAR": "saudi riyal|riyal|沙特里亚尔",
    "SEK": "swedish krona|瑞典克朗",
    "SGD": "singapore dollar|s$|新加坡元|新币|新元",
    "THB": "baht|thai baht|฿|泰铢",
    "TRY": "turkish lira|lira|₺|土耳其里拉|里拉",
    "TWD": "taiwan dollar|new taiwan dollar|nt$|新台币|台币",
    "UAH": "hryvnia|₴",
    "USD": "us dollar|u.s. dollar|dollar|american dollar|us$|$|buck|美元|美金|刀",
    "VND": "dong|vietnamese dong|₫|越南盾",
    "ZAR": "rand|south african rand|兰特|南非兰特",
}
_CODE_OF = {name: code for code, names in _NAMES.items() for name in names.split("|")}
_CODE = re.compile(r"[A-Z]{3}")
MAX_AMOUNT = Fraction(10) ** 18


@dataclass(frozen=True, slots=True)
class RateTable:
    """What one unit of the base buys.

    Attributes:
        as_of: the day of the rates.
        source: who says so, for people.
        rates: by upper-case code; the base is among them with 1.
    """

    as_of: date
    source: str
    rates: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Converted:
    """Money in another currency.

    Attributes:
        amount: rounded to two decimals, or to four digits where it is smaller than 1.
        rate: what one unit of the first buys of the second.
    """

    amount: Decimal
    rate: Decimal
    from_code: str
    to_code: str


def convert_money(amount: Fraction, from_currency: str, to_currency: str, table: RateTable) -> Converted:
    """The amount in another currency.

    Raises:
        ToolError: UNKNOWN_CURRENCY, with those in the table; TOO_LARGE.
    """
    if abs(amount) > MAX_AMOUNT:
        raise ToolError("argument 'amount' must be at most 1e18", reason="TOO_LARGE")
    source, target = find_currency(from_currency, table), find_currency(to_currency, table)
    rate = table.rates[target] / table.rates[source]
    return Converted(_rounded(amount * rate), _significant(rate), source, target)


def find_currency(text: str, table: RateTable) -> str:
    """The code that a person means by a code, a sign or a name in English or Chinese.

    Raises:
        ToolError: UNKNOWN_CURRENCY.
    """
    cleaned = re.sub(r"\s+", " ", text).strip().lower()
    code = _CODE_OF.get(cleaned) or _CODE_OF.get(cleaned.removesuffix("s")) or cleaned.upper()
    if cleaned == "¥":
        raise ToolError("'¥' may be CNY or JPY: give the code", reason="UNKNOWN_CURRENCY")
    if code in table.rates:
        return code
    raise _unknown(text, code, table)


def _unknown(text: str, code: str, table: RateTable) -> ToolError:
    if _CODE.fullmatch(code):
        known = ", ".join(sorted(table.rates)[:60])
        return ToolError(f"the rates table has no currency {text[:30]!r}; it has {known}", reason="UNKNOWN_CURRENCY")
    close = difflib.get_close_matches(text.lower(), _CODE_OF, n=3, cutoff=0.6)
    hint = (
        f"did you mean {', '.join(f'{name} ({_CODE_OF[name]})' for name in close)}?"
        if close
        else "give its code, such as USD"
    )
    return ToolError(f"unknown currency {text[:30]!r}: {hint}", reason="UNKNOWN_CURRENCY")


def _rounded(value: Fraction) -> Decimal:
    if 0 < abs(value) < 1:
        return _significant(value, 4)
    cents = int(abs(value) * 100 + Fraction(1, 2))
    return Decimal(-cents if value < 0 else cents) / 100


def _significant(value: Fraction, digits: int = 6) -> Decimal:
    return Decimal(f"{float(value):.{digits}g}")
