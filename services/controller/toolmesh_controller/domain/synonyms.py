"""Other words for common values of enumerations, English and Chinese, in the forms people say them."""

SAID_AS: dict[str, tuple[str, ...]] = {
    "sum": ("total", "in all", "总和", "总计", "合计", "总共"),
    "average": ("mean", "on average", "平均"),
    "mean": ("average", "平均"),
    "median": ("中位数",),
    "maximum": ("highest", "largest", "biggest", "greatest", "max", "最大", "最高", "最多"),
    "max": ("highest", "largest", "biggest", "maximum", "最大", "最高"),
    "minimum": ("lowest", "smallest", "least", "min", "最小", "最低", "最少"),
    "min": ("lowest", "smallest", "minimum", "最小", "最低"),
    "count": ("how many", "number of", "多少个", "几个", "数量"),
    "count_distinct": ("how many different", "number of different", "多少种", "几种"),
    "celsius": ("摄氏", "centigrade"),
    "fahrenheit": ("华氏",),
    "days": ("天", "日"),
    "weeks": ("周", "星期"),
    "months": ("个月",),
    "years": ("年",),
    "asc": ("ascending", "升序"),
    "desc": ("descending", "降序"),
}
