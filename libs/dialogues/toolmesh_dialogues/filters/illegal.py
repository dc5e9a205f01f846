"""Requests that nobody should train a model to serve, found by plain patterns in English and Chinese."""

import re

from toolmesh_dialogues.dialogue import Dialogue

_PATTERNS = (
    r"\b(build|make|assemble|buy)\b.{0,30}\b(bomb|explosive|grenade|nerve agent|ghost gun)s?\b",
    r"\b(steal|phish|skim|clone)\b.{0,30}\b(credit card|password|identity|bank account|credential)s?\b",
    r"\b(hack|break) into\b",
    r"\b(launder(ing)? money|money laundering)\b",
    r"\b(sell|cook|synthesi[sz]e|smuggle)\b.{0,30}\b(meth|methamphetamine|heroin|cocaine|fentanyl)\b",
    r"\bchild (porn|pornography)\b",
    r"\b(hire|find)\b.{0,20}\b(hitman|assassin)\b",
    r"\b(forge|counterfeit|fake)\b.{0,20}\b(passport|banknote|visa|prescription)s?\b",
    r"(制造|购买)(炸弹|炸药|枪支|毒品)",
    r"(盗取|窃取)(密码|账号|银行卡|身份)",
    r"(洗钱|贩毒|雇凶|伪造(护照|钞票|证件))",
)
_ILLEGAL = re.compile("|".join(_PATTERNS), re.IGNORECASE)


def is_illegal(dialogue: Dialogue) -> bool:
    """Whether a user's message asks for something illegal."""
    return any(_ILLEGAL.search(message.content) for message in dialogue.messages if message.role == "user")
