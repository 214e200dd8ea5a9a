"""Names nobody bears: combined from common characters, the same for the same number."""

from __future__ import annotations

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_FIRST = "文志建怀海春秋思雨晓明佳嘉子家一立永学宏宇安庆云玉兰芳静淑慧美雅诗梦若清正德承启景"
_SECOND = "华平强军辉岚斌波宁杰峰林森浩然阳东南北成功祥瑞和顺英红梅霞燕琴莹洁娜琳雪萍丽珍凤"
_PLACES = (
    "和平",
    "建设",
    "胜利",
    "团结",
    "光明",
    "新华",
    "红旗",
    "幸福",
    "友谊",
    "长青",
    "朝阳",
    "向阳",
    "春晖",
    "锦绣",
    "金桥",
    "银杏",
    "梧桐",
    "翠竹",
    "荷塘",
    "桂园",
    "清泉",
    "临江",
    "望湖",
    "南苑",
    "北苑",
    "东苑",
    "西苑",
    "文昌",
    "学府",
    "泰安",
    "永宁",
    "康乐",
    "福星",
    "祥和",
    "锦江",
    "花园",
    "青松",
    "白云",
    "丰收",
    "新城",
)
_ORDINALS = "二三四五六七八九"


def person(number: int) -> str:
    """The personal name of a number from 0; neighbors in number differ in surname."""
    rest, surname = divmod(number, len(_SURNAMES))
    # Steps without a common divisor with the lists, so that a run of numbers does not share a generation name.
    first = _FIRST[(rest * 7 + surname * 3) % len(_FIRST)]
    second = _SECOND[(rest // len(_FIRST) * 5 + rest + surname * 11) % len(_SECOND)]
    return _SURNAMES[surname] + first + second


def place(number: int) -> str:
    """The name of a place of a number from 0, without the word for its kind: 和平, ..., 和平二, ..., 和平121."""
    round_, index = divmod(number, len(_PLACES))
    if not round_:
        return _PLACES[index]
    return _PLACES[index] + (_ORDINALS[round_ - 1] if round_ <= len(_ORDINALS) else str(round_ + 1))
