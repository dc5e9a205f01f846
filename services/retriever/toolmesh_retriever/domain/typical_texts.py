"""Everyday texts of many topics. The mean of their vectors is what all texts of a kind and language have in common.

A model puts all Chinese texts near each other and all English ones, all questions and all passages. Taken off, what
is left is what a text is about, so that a Chinese question meets an English passage.
"""

from toolmesh_retriever.domain.text_terms import has_cjk

ENGLISH = "en"
CHINESE = "zh"

REQUESTS = {
    ENGLISH: (
        "How do I get a stain out of a wool sweater?",
        "Book a table for four on Friday evening",
        "What is the tallest mountain in South America?",
        "Remind me to water the plants",
        "Translate this sentence into Spanish",
        "Who wrote the opera that was played last night?",
        "Show me the results of yesterday's football matches",
        "Find a cheap flight to Rome",
        "Why does my car make a strange noise?",
        "List the ingredients of a good pancake",
        "Send an email to my landlord about the heating",
        "Play some quiet music",
        "What does this medicine do?",
        "Compare these two laptops",
        "Summarise the article I read this morning",
        "How much did we spend on travel last year?",
        "Turn off the lights in the kitchen",
        "Which bus goes to the museum?",
        "Explain how a battery works",
        "Are there any good books about ancient Egypt?",
        "Delete the files that are older than a month",
        "What is the population of Canada?",
        "Draw a picture of a red house",
        "Check whether the package has arrived",
    ),
    CHINESE: (
        "羊毛衫上的污渍怎么洗掉？",
        "帮我订一张周五晚上的四人桌",
        "南美洲最高的山是哪一座？",
        "提醒我给花浇水",
        "把这句话翻译成西班牙语",
        "昨晚演出的歌剧是谁写的？",
        "昨天足球比赛的结果是什么？",
        "找一张去罗马的便宜机票",
        "我的车为什么有奇怪的声音？",
        "做煎饼需要哪些材料？",
        "给房东发一封关于暖气的邮件",
        "放一点安静的音乐",
        "这种药有什么作用？",
        "比较一下这两台笔记本电脑",
        "总结一下我今天早上看的文章",
        "我们去年出差一共花了多少钱？",
        "关掉厨房的灯",
        "哪一路公交车到博物馆？",
        "解释一下电池的工作原理",
        "有没有关于古埃及的好书？",
        "删除一个月以前的旧文件",
        "加拿大有多少人口？",
        "画一幅红房子的画",
        "看看我的快递到了没有",
    ),
}
PASSAGES = {
    ENGLISH: (
        "Wool should be washed in cold water with a mild soap.",
        "Reserves a table in a restaurant for a number of guests.",
        "The Andes run along the western edge of the continent.",
        "Sets a reminder for a given moment.",
        "Translates a text from one language into another.",
        "The composer finished the opera a year before his death.",
        "Lists the scores of recent matches of a league.",
        "Searches flights between two airports and sorts them by price.",
        "A worn belt is the most common cause of noise in an engine.",
        "Mix flour, eggs and milk, and leave the batter to rest.",
        "Sends an email to one or more people.",
        "Plays a track on the chosen speaker.",
        "The tablets lower the pressure of the blood.",
        "Employees hand in their receipts by the end of the month.",
        "Shortens a long text to its main points.",
        "Travel costs rose by a tenth compared with the year before.",
        "Switches a lamp on or off.",
        "The museum is open every day except Monday.",
        "A battery turns chemical energy into electricity.",
        "The pharaohs ruled the country for three thousand years.",
        "Removes files from a folder.",
        "Most people of the country live near its southern border.",
        "Creates an image from a description.",
        "Tells where a parcel is at the moment.",
    ),
    CHINESE: (
        "羊毛制品应当用冷水和中性洗涤剂清洗。",
        "为指定人数预订餐厅的座位。",
        "安第斯山脉沿着大陆的西侧延伸。",
        "在指定的时间设置提醒。",
        "把文本从一种语言翻译成另一种语言。",
        "作曲家在去世前一年完成了这部歌剧。",
        "列出联赛最近比赛的比分。",
        "搜索两个机场之间的航班并按价格排序。",
        "皮带磨损是发动机噪音最常见的原因。",
        "把面粉、鸡蛋和牛奶混合，然后静置一会儿。",
        "向一个或多个人发送电子邮件。",
        "在选定的音箱上播放歌曲。",
        "这种药片可以降低血压。",
        "员工应在月底之前提交收据。",
        "把长文本缩短为要点。",
        "差旅费用比前一年增长了一成。",
        "打开或关闭一盏灯。",
        "博物馆除周一外每天开放。",
        "电池把化学能转化为电能。",
        "法老统治这个国家长达三千年。",
        "从文件夹中删除文件。",
        "该国大多数人口居住在南部边境附近。",
        "根据描述生成图片。",
        "查询包裹目前所在的位置。",
    ),
}


def language_of(text: str) -> str:
    """The key of REQUESTS and PASSAGES that a text is treated as; what has no CJK character counts as English."""
    return CHINESE if has_cjk(text) else ENGLISH
