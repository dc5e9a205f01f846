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


def platform_tools() -> list[Tool]:
    return [
        Tool(
            name=name,
            description=description,
            arguments_schema_json=json.dumps(
                {"type": "object", "properties": {argument: {"type": "string"} for argument in arguments}}
            ),
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
