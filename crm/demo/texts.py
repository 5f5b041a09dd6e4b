"""What people write and say, in two languages. ``{item}`` is a product, ``{number}`` an order."""

from __future__ import annotations

Pair = tuple[str, str]
Text = tuple[Pair, Pair]
"""((subject, text) in English, (subject, text) in Chinese)."""

COMPLAINTS: dict[str, list[Text]] = {
    "delivery": [
        (("Parcel arrived damaged", "The box was crushed and the {item} had burst open. Beans everywhere. Please send a new one."),
         ("包裹破损", "箱子被压坏了，{item}的袋子破了，撒得满箱都是，请补发。")),
        (("Still waiting for order {number}", "The tracking page has not moved for six days. I needed this on Monday. Where is it?"),
         ("订单 {number} 还没到", "物流信息已经六天没有更新了，本来周一就要用，请帮忙查一下。")),
        (("Wrong product delivered", "I ordered {item} and got something else. Please collect it and send the right one."),
         ("发错货了", "我订的是{item}，收到的是别的东西，请上门取回并重新发货。")),
        (("Half of the order is missing", "Two lines of order {number} were not in the box although the slip says so."),
         ("订单少发了", "订单 {number} 有两样东西不在箱子里，但装箱单上写着有。")),
    ],
    "quality": [
        (("{item} tastes different", "The last bag of {item} is flat and much darker than before. Did you change the roast?"),
         ("{item}味道变了", "最近一袋{item}味道很淡，颜色也比以前深，是换了烘焙方式吗？")),
        (("Grinder is very loud", "Since Tuesday it screams and stops after ten seconds. It is four months old."),
         ("磨豆机噪音很大", "从周二开始声音很刺耳，十秒就停，才买了四个月。")),
    ],
    "billing": [
        (("Refund for order {number} not received", "You confirmed the refund two weeks ago and nothing has arrived."),
         ("订单 {number} 退款未到账", "两周前就说已退款，到现在还没有收到。")),
        (("Charged twice", "My card statement shows order {number} two times. Please correct it."),
         ("重复扣款", "账单显示订单 {number} 扣了两次款，请更正。")),
    ],
}  # fmt: skip
"""Tickets of people who are not happy."""

QUESTIONS: dict[str, list[Text]] = {
    "delivery": [
        (("Can you deliver on a Sunday?", "We open our new shop on Sunday and would like {item} in the morning."),
         ("周日能送到吗？", "我们新店周日开业，希望早上能收到{item}。")),
        (("Change of address", "We are moving at the end of the month. Please use the new address for order {number}."),
         ("修改收货地址", "我们月底搬家，订单 {number} 请寄到新地址。")),
    ],
    "product": [
        (("How much {item} for 20 people?", "We have a workshop next week. How much should I order?"),
         ("20 个人要买多少{item}？", "下周有培训，请问订多少合适？")),
        (("Is {item} back soon?", "It has been out of stock when I looked last time. May I reserve two?"),
         ("{item}什么时候有货？", "上次看缺货，可以预留两份吗？")),
        (("Brewing advice", "Which grind do you recommend for {item} in a French press?"),
         ("冲煮建议", "{item}用法压壶应该磨多粗？")),
    ],
    "billing": [
        (("Invoice with tax number", "Please send the invoice of order {number} again, with our tax number on it."),
         ("发票税号有误", "订单 {number} 的发票税号写错了，请重开。")),
        (("Points are missing", "I bought twice in October and see the points of one order only."),
         ("会员积分缺失", "十月买了两次，只到了一次的积分。")),
    ],
    "account": [
        (("Pause the subscription", "We are closed for two weeks. Please pause our subscription until then."),
         ("暂停订阅", "我们放假两周，请暂停订阅。")),
    ],
}  # fmt: skip
"""Tickets of everyday business."""

CALLS: list[Text] = [
    (("Call about the next order", "Asked for a price match on {item}. Wants an answer before month end."), ("下一单的电话", "询问{item}能否给到同行价格，月底前要答复。")),
    (("Call: delivery day", "Prefers deliveries on Wednesday mornings, goods lift is free then."), ("电话：送货时间", "希望周三上午送货，货梯那时候有空。")),
    (("Call: new office", "Opens a second office in spring, about 40 people. Interested in a subscription."), ("电话：新办公室", "春天开第二个办公室，大约 40 人，对订阅有兴趣。")),
    (("Call: satisfied", "Very happy with {item}; would recommend us to a friend who runs a hotel."), ("电话：满意", "对{item}很满意，愿意推荐给开酒店的朋友。")),
    (("Call, nobody answered", "Left a message, will try again next week."), ("电话无人接听", "已留言，下周再联系。")),
]  # fmt: skip
MAILS_OUT: list[Text] = [
    (("Your quote for {item}", "Thank you for the talk. As agreed, here are the prices for twelve months; delivery is included."), ("{item}的报价", "感谢您的来电，按约定附上十二个月的价格，含运费。")),
    (("A small thank-you", "You have been with us for a long time. With your next order we add a bag of this season's harvest."), ("一点心意", "感谢您长期以来的支持，下一单我们会送您一袋当季新豆。")),
    (("New harvest of {item}", "The new harvest has arrived and is sweeter than last year's. May I send you a sample?"), ("{item}新产季到货", "新产季的豆子到了，比去年更甜，需要寄样品给您吗？")),
]  # fmt: skip
MAILS_IN: list[Text] = [
    (("Re: samples", "The samples were great, the team liked {item} best. Please send an offer for 10 kg a month."), ("回复：样品", "样品很好，大家最喜欢{item}，请报每月 10 公斤的价格。")),
    (("Question about prices", "Another supplier offers us ten percent less. Can you do something about {item}?"), ("价格咨询", "另一家供应商便宜一成，{item}还能优惠吗？")),
    (("Recipe?", "Would you share the recipe of the cold brew from your stand? Our guests ask for it."), ("请问配方", "展会上的冷萃配方可以分享吗？客人总在问。")),
    (("Holiday break", "We close from the 20th. Please plan the next delivery before that."), ("假期安排", "我们 20 号开始放假，请在那之前送货。")),
]  # fmt: skip
FADING: list[Text] = [
    (("Thinking about a break", "We have had too much trouble with the last deliveries and will look around for a while."), ("考虑暂停合作", "最近几次送货问题太多，我们想先看看别家。")),
    (("Price increase", "After the last increase {item} is too dear for us. We buy less for now."), ("涨价", "这次涨价后{item}对我们来说太贵了，先少买一些。")),
]  # fmt: skip
"""Mails of people whose interest fades."""

MEETINGS: list[Text] = [
    (("Tasting at their office", "Six people tasted four coffees. Favourite: {item}. Decision next month by the office manager."), ("上门品鉴", "六个人试了四款咖啡，最喜欢{item}，下月由行政决定。")),
    (("Yearly review", "Went through volumes and prices. They want fewer, larger deliveries and one invoice a month."), ("年度回顾", "过了一遍用量和价格，希望减少送货次数，每月一张发票。")),
]  # fmt: skip
NOTES: list[Text] = [
    (("", "Decides alone, short mails work best."), ("", "自己做决定，邮件要简短。")),
    (("", "Compares prices every quarter; last time with two other suppliers."), ("", "每季度比价，上次比了另外两家。")),
    (("", "Allergic to nuts: no snack boxes with almonds."), ("", "对坚果过敏，零食盒不要含杏仁。")),
    (("", "Likes light roasts. Ask about the trip to Yunnan."), ("", "喜欢浅烘，可以聊聊云南之行。")),
]  # fmt: skip
CHATS: list[Text] = [
    (("Chat on the web site", "Is {item} suitable for a moka pot? Yes, with a medium grind. Thank you!"), ("网站咨询", "{item}适合摩卡壶吗？适合，中度研磨。谢谢！")),
    (("Chat: voucher", "The voucher code was not accepted. It had expired, we gave a new one."), ("咨询：优惠券", "优惠券用不了，已过期，补发了一张。")),
]  # fmt: skip
FORMS: list[Text] = [
    (
        ("Contact form: tasting", "Please invite us to the next tasting. We are four people."),
        ("联系表单：品鉴会", "请邀请我们参加下次品鉴会，四个人。"),
    ),
]
VISITS = ["/shop/coffee/", "/shop/tea/", "/shop/machines/", "/office/", "/tasting/", "/account/orders/"]

DEALS: list[Pair] = [
    ("Office coffee subscription", "办公室咖啡订阅"), ("Annual contract", "年度合同"), ("Espresso machine and service", "咖啡机及服务"),
    ("Tea corner for the lobby", "大堂茶水角"), ("Event catering", "活动茶歇"), ("Barista training", "咖啡师培训"),
    ("Gift boxes for the team", "团队礼盒"), ("Grinder fleet renewal", "磨豆机更新"),
]  # fmt: skip
LOST = ["Price", "Chose another supplier", "No decision", "Budget cut", "Delivery times", "No answer any more"]

CAMPAIGNS = [
    "Winter restock", "Spring harvest", "Tea season", "Summer cold brew", "Autumn tasting", "Singles' Day offers",
    "New year boxes", "Loyalty thank-you", "Machine care week", "We miss you",
]  # fmt: skip

TABLES: dict[str, list[Text]] = {
    "call": CALLS, "mail_out": MAILS_OUT, "mail_in": MAILS_IN, "fading": FADING, "meeting": MEETINGS,
    "note": NOTES, "chat": CHATS, "form": FORMS,
}  # fmt: skip

TASKS = [
    ("call", "Ask what still keeps them from deciding", "打电话问还有什么顾虑"),
    ("email", "Send the offer with the new prices", "发送新价格的报价单"),
    ("meeting", "Tasting at their office", "上门品鉴"),
    ("task", "Prepare samples", "准备样品"),
    ("call", "Follow up on the offer", "跟进报价"),
    ("task", "Check the delivery dates with the warehouse", "与仓库核对交货日期"),
    ("email", "Answer the questions about payment terms", "回复付款条件的问题"),
    ("call", "Agree on the next step", "商定下一步"),
]
"""What reps note for themselves: kind, English, Chinese."""
