"""Tools like the platform's own, described in English."""

import json

from toolmesh.tool.v1.tool_pb2 import Tool

_DESCRIBED = {
    "calculate": ("Evaluates an arithmetic expression with exact decimals.", ["expression"]),
    "get_weather": ("The weather of a city on a day: temperature, rain, wind.", ["city", "day"]),
    "current_time": ("The current date and time in a time zone.", ["time_zone"]),
    "convert_time_zone": ("Converts a moment from one time zone to another.", ["moment", "from_zone", "to_zone"]),
    "convert_currency": ("Converts an amount of money from one currency to another.", ["amount", "source", "target"]),
    "convert_unit": ("Converts a length, mass, temperature or volume between units.", ["value", "source", "target"]),
    "add_note": ("Writes down a note to be found again later.", ["text"]),
    "find_notes": ("Finds notes that were written down before.", ["query"]),
    "text_statistics": ("Counts the words, characters and sentences of a text.", ["text"]),
    "search_documents": ("Searches the user's documents for passages about something.", ["question"]),
    "query_table": ("Runs a read-only SQL query over a CSV, Excel or SQLite table.", ["file", "sql"]),
    "http_get": ("Fetches a web page from an allowed host.", ["url"]),
    "days_between": ("The number of days between two dates.", ["start", "end"]),
}


_EXAMPLES = {
    "calculate": ["What is 3.5 times 12 plus 8?", "(25 + 17) × 3 等于多少"],
    "get_weather": ["Will it rain in London today?", "上海周末会下雨吗"],
    "current_time": ["What time is it in Tokyo?", "今天几号"],
    "convert_time_zone": ["When it is 3 pm in London, what time is it in Sydney?", "伦敦下午3点是纽约几点"],
    "convert_currency": ["How much is 250 dollars in euros?", "把2000日元换成港币"],
    "convert_unit": ["How many milliliters are in 2 cups?", "把30平方米换算成平方英尺"],
    "add_note": ["Note that the plumber comes on Monday", "记下来：车停在三楼"],
    "find_notes": ["What did I write down about the plumber?", "我记过关于停车的内容吗"],
    "text_statistics": ["How many words are in this paragraph?", "统计这篇文章的字数"],
    "search_documents": ["What do my documents say about refunds?", "我的文档里关于保修期是怎么说的"],
    "days_between": ["How many days from March 1 to May 20?", "离年底还有几天"],
}


def platform_tools(with_examples: bool = False) -> list[Tool]:
    return [
        Tool(
            name=name,
            description=description,
            arguments_schema_json=json.dumps(
                {"type": "object", "properties": {argument: {"type": "string"} for argument in arguments}}
            ),
            examples=_EXAMPLES.get(name, []) if with_examples else [],
        )
        for name, (description, arguments) in _DESCRIBED.items()
    ]


CHINESE_REQUESTS = {
    "计算一下 23 乘以 47 等于多少": "calculate",
    "北京明天的天气怎么样？": "get_weather",
    "现在几点了？": "current_time",
    "把 100 美元换算成人民币": "convert_currency",
    "5 英里等于多少公里？": "convert_unit",
    "帮我记一条笔记：下午三点开会": "add_note",
    "找一下我之前写的关于预算的笔记": "find_notes",
    "这段文字有多少个字？": "text_statistics",
    "在我的文档里搜索请假规定": "search_documents",
    "从今天到春节还有多少天？": "days_between",
}
