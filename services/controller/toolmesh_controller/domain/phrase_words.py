"""The words that stand around phrases and end them: prepositions, orders, adverbs that open sentences; Chinese too."""

import re

from toolmesh_controller.domain.words import STOP_WORDS

_PREPOSITIONS = """
    in at on for from with by using to into near between about during since until via named called titled where which
    that whose who is are was were has have had located if when while starting ending of over under within be been being
    do does did along including regarding as per like than around through towards toward involving containing against
    across among without before after affecting such look looks
    remember degrees degree
"""
_ADVERBS = """
    additionally finally firstly secondly thirdly first next lastly furthermore moreover afterwards specifically i
    currently please kindly
"""
_ORDERS = """
    find get create make provide tell show give book calculate compute determine search look retrieve check send set add
    list convert generate play start plan predict estimate analyze analyse compare order buy need want help schedule
    reserve identify evaluate run perform fetch update delete remove open translate write read explain describe
    recommend suggest locate track turn put query return save remind assess measure obtain submit gather change convert
"""
# These end a phrase even where they begin with a capital.
ALWAYS = frozenset(_ADVERBS.split())
BREAKS = frozenset(_PREPOSITIONS.split()) | STOP_WORDS | ALWAYS
ORDERS = frozenset(_ORDERS.split())
# Between two capitalised words these belong to a name: "Statue of Liberty", "Romeo and Juliet".
LINKING = frozenset(("of", "the", "and", "&", "de", "la"))
ARTICLES = frozenset(("the", "a", "an", "my", "your", "our"))
PART_END = re.compile(r"[,;:(]|['’]s\b")
SENTENCE_END = re.compile(r"[.!?。！？\n]\s")
CJK_RUN = re.compile(r"[\u3400-\u9fff]+")
# Units of one character; other single characters are seldom a value.
CJK_UNITS = frozenset("磅克米斤尺寸吨升亩码")
CJK_BREAK = re.compile(
    r"的|了|是|在|我想|我要|我|你|请|帮忙|帮|查一下|查询|查|一下|告诉|怎么样|怎样|如何|等于多少|等于|换算成|换算|换成|兑换成|兑换|转换成|转换|转成|折合|翻译成|关于|里面|里(?=的|有|查|找|出)|会不会|会下雨|下雨|时间|明天|后天|昨天|周末|这段话|下面|多少|什么|哪里|吗|呢|吧|和|与|及|到"
    r"|从|把|给|将|为|用|有|今天|现在|几点|然后|再"
)
