"""What the bot says by itself, in Chinese and English; what belongs to a case stands in the packs."""

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "emergency": {
        "zh": "如有人身危险,请立即拨打 110、119 或 120。",
        "en": "If anybody is in danger, call 110, 119 or 120 first.",
    },
    "ask_place": {
        "zh": "请告诉我们在哪里:发送位置,或写路名和门牌。",
        "en": "Where is it? Send your position, or the street and number.",
    },
    "ask_what": {
        "zh": "出了什么问题?请用一句话告诉我们。",
        "en": "What is wrong? Tell us in one sentence.",
    },
    "how_to": {
        "zh": "请用一句话说出问题,最好附上位置和照片。查询请发“进度”。",
        "en": 'Tell us in one sentence what is wrong, and where; a photo helps. Send "progress" for news.',
    },
    "received": {
        "zh": "已收到,编号稍后告诉您。",
        "en": "We have it. You will hear the case code shortly.",
    },
    "received_case": {
        "zh": "已收到,编号{code}。进展:{link}",
        "en": "We have your report, case {code}. Progress: {link}",
    },
    "placed": {
        "zh": "谢谢,位置已记录,正在安排。",
        "en": "Thank you, we have the place and are finding a crew.",
    },
    "placed_in_words": {
        "zh": "谢谢,地点已记录。发送手机定位可以更快派人。",
        "en": "Thank you, noted. If you can, send your position too: it is faster.",
    },
    "fixed": {"zh": "谢谢您的答复,案件已结束。", "en": "Thank you. The case is closed."},
    "withdrawn": {"zh": "已撤销{code}。", "en": "{code} is taken back."},
    "too_late": {
        "zh": "{code}已在处理或有其他人上报,不能撤销。",
        "en": "{code} is being worked on, or others reported it too, so it stays.",
    },
    "nothing_open": {
        "zh": "没有查到您的案件。请用一句话告诉我们问题和地点。",
        "en": "You have no case with us. Tell us in one sentence what is wrong, and where.",
    },
    "unknown_case": {
        "zh": "没有找到编号{code},请核对后再发。",
        "en": "We know no case {code}. Please check the code.",
    },
    "progress": {"zh": "{code} {category}:{status}。{link}", "en": "{code} ({category}): {status}. {link}"},
    "consent_stop": {
        "zh": "已退订,不再发送进展。回复“恢复”可重新接收。紧急情况请拨打110、119或120。",
        "en": "No more news from us. Send START to get it again. In danger call 110, 119 or 120.",
    },
    "consent_start": {
        "zh": "已恢复发送。回复“退订”可停止。",
        "en": "You will hear from us again. Send STOP to end it.",
    },
    "voice_fixed": {
        "zh": "您好,这里是城市服务中心。您反映的{category}已经处置。修好了请按1,没有修好请按2。",
        "en": "Hello, this is the city service. What you reported, {category}, has been handled. "
        "If it is fixed, press 1. If it is not, press 2.",
    },
    "voice_yes": {"zh": "谢谢,案件已经结束。再见。", "en": "Thank you. The case is closed. Goodbye."},
    "voice_no": {
        "zh": "谢谢,我们再派人去。再见。",
        "en": "Thank you. We are sending somebody again. Goodbye.",
    },
    "voice_over": {"zh": "谢谢,您的答复我们已经知道。再见。", "en": "Thank you, we know already. Goodbye."},
    "voice_silent": {
        "zh": "没有收到按键。我们会再联系您。再见。",
        "en": "We heard no key. We will try again. Goodbye.",
    },
    "voice_texts_only": {
        "zh": "本号码只收短信。紧急情况请拨打110、119或120。",
        "en": "This number takes texts only. In danger call 110, 119 or 120.",
    },
    "crew_accept": {
        "zh": "{code}已接单。到场回3,完成回4。",
        "en": "{code} accepted. Reply 3 on scene, 4 done.",
    },
    "crew_decline": {"zh": "{code}已退回。", "en": "{code} given back."},
    "crew_on_scene": {"zh": "{code}已到场。完成回4。", "en": "{code}: on scene. Reply 4 when done."},
    "crew_done": {"zh": "{code}已完成,辛苦了。", "en": "{code} done. Thank you."},
    "crew_need_help": {"zh": "已通知调度台。", "en": "The dispatch desk knows."},
    "crew_noted": {"zh": "已记入{code}。", "en": "Noted on {code}."},
    "crew_which": {
        "zh": "没有任务或有多个任务,请用短信中的链接操作。",
        "en": "You hold no task or several; use the link in the text of the one you mean.",
    },
    "crew_gone": {
        "zh": "现在不能这样操作,请打开短信中的链接。",
        "en": "Not possible now; open the link in your text.",
    },
}

STATUS: Mapping[str, Mapping[str, str]] = {
    "collected": {"zh": "已收到,正在核实地点", "en": "received, we are finding the place"},
    "filed": {"zh": "已立案,正在安排人员", "en": "accepted, we are finding somebody to send"},
    "dispatched": {"zh": "已通知处置队伍", "en": "a crew has been told"},
    "acknowledged": {"zh": "处置队伍已接单", "en": "a crew has accepted"},
    "en_route": {"zh": "处置队伍在路上", "en": "a crew is on its way"},
    "on_scene": {"zh": "处置队伍在现场", "en": "a crew is there"},
    "resolved": {"zh": "已处置,修好了吗?", "en": "handled. Is it fixed?"},
    "verified": {"zh": "已处置,修好了吗?", "en": "handled. Is it fixed?"},
    "closed": {"zh": "已结案", "en": "closed"},
    "voided": {"zh": "未立案", "en": "not taken up"},
}


def say(key: str, language: str, **values: str) -> str:
    """Fill one of the bot's texts."""
    return TEXTS[key][language].format(**values)
