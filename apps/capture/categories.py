"""Which category each of TikTok's message types belongs to. What is not listed is `other`."""

import re
from collections.abc import Iterable, Mapping

from apps.capture.models import Category

TYPES_BY_CATEGORY = {
    Category.CHAT: ["WebcastChatMessage"],
    Category.GIFT: ["WebcastGiftMessage"],
    Category.LIKE: ["WebcastLikeMessage"],
    Category.MEMBER: ["WebcastMemberMessage", "WebcastUnauthorizedMemberMessage"],
    Category.SOCIAL: ["WebcastSocialMessage", "WebcastSubNotifyMessage"],
    Category.EMOTE: ["WebcastEmoteChatMessage"],
    Category.ENVELOPE: [
        "WebcastEnvelopeMessage",
        "WebcastEnvelopePortalMessage",
        "WebcastGoodyBagMessage",
    ],
    Category.QUESTION: [
        "WebcastQuestionNewMessage",
        "WebcastQuestionDeleteMessage",
        "WebcastQuestionSelectedMessage",
        "WebcastQuestionSlideDownMessage",
        "WebcastQuestionSwitchMessage",
    ],
    Category.BATTLE: [
        "WebcastLinkMicArmies",
        "WebcastLinkMicBattle",
        "WebcastLinkMicBattleItemCard",
        "WebcastLinkMicBattlePunishFinish",
        "WebcastLinkmicBattleNoticeMessage",
        "WebcastLinkmicBattleTaskMessage",
    ],
    Category.ROOM_UPDATE: [
        "RoomMessage",
        "WebcastControlMessage",
        "WebcastGiftPanelUpdateMessage",
        "WebcastMsgDetectMessage",
        "WebcastNoticeMessage",
        "WebcastPartnershipGameOfflineMessage",
        "WebcastRoomMessage",
        "WebcastRoomPinMessage",
        "WebcastRoomUserSeqMessage",
        "WebcastSpeakerMessage",
        "WebcastSystemMessage",
    ],
    Category.RANKING: [
        "WebcastGameRankNotifyMessage",
        "WebcastHourlyRankMessage",
        "WebcastHourlyRankRewardMessage",
        "WebcastRankTextMessage",
        "WebcastRankUpdateMessage",
        "WebcastWeeklyRankRewardMessage",
    ],
    Category.POLL: ["WebcastPollMessage", "WebcastViewerPicksUpdateMessage"],
    Category.SHOPPING: [
        "WebcastBALeadGenMessage",
        "WebcastEcShortItemRefreshMessage",
        "WebcastEcTaskRegisterMessage",
        "WebcastOecLiveShoppingMessage",
        "WebcastPaidContentLiveShoppingMessage",
        "WebcastPartnershipDropsUpdateMessage",
    ],
    Category.MODERATION: [
        "WebcastAccessControlMessage",
        "WebcastAccessRecallMessage",
        "WebcastBottomMessage",
        "WebcastGiftDynamicRestrictionMessage",
        "WebcastGiftPromptMessage",
        "WebcastImDeleteMessage",
        "WebcastPartnershipPunishMessage",
        "WebcastPerceptionMessage",
        "WebcastRoomVerifyMessage",
    ],
    Category.CAPTION: ["WebcastCaptionMessage"],
    Category.GOAL: ["WebcastGoalUpdateMessage", "WebcastSubPinEventMessage"],
    Category.BANNER: [
        "WebcastBarrageMessage",
        "WebcastBoostCardMessage",
        "WebcastCapsuleMessage",
        "WebcastDonationStickerModifyMethod",
        "WebcastGiftBroadcastMessage",
        "WebcastInRoomBannerMessage",
        "WebcastInRoomBannerRefreshMessage",
        "WebcastMarqueeAnnouncementMessage",
        "WebcastRoomNotifyMessage",
        "WebcastRoomStickerMessage",
        "WebcastSubTimerStickerMessage",
        "WebcastToastMessage",
    ],
    Category.LINK: [
        "LinkMicMethod",
        "WebcastLinkLayerMessage",
        "WebcastLinkMessage",
        "WebcastLinkMicAnchorGuideMessage",
        "WebcastLinkMicFanTicketMethod",
        "WebcastLinkMicLayoutStateMessage",
        "WebcastLinkMicMethod",
        "WebcastLinkScreenChangeMessage",
        "WebcastLinkStateMessage",
    ],
    Category.INTRO: [
        "WebcastGuideMessage",
        "WebcastLiveGameIntroMessage",
        "WebcastLiveIntroMessage",
    ],
}
# Plain strings: the enum's members are slower to hash and to write.
CATEGORY_BY_TYPE = {
    name: category.value for category, names in TYPES_BY_CATEGORY.items() for name in names
}
OTHER = Category.OTHER.value


# How many categories and types a caller may name at once: enough for every category.
MOST_NAMES = 20
# What a new message of TikTok's looks like: it is stored as `other` until it is listed above.
NEW_TYPE = re.compile(r"Webcast\w{1,100}", re.ASCII)


class UnknownName(ValueError):
    """What a caller named is no category and no type; the text is a sentence for people."""


def category_of(type_name: str) -> str:
    return CATEGORY_BY_TYPE.get(type_name, OTHER)


def register(category_by_type: Mapping[str, str]) -> None:
    """Types that another app stores."""
    CATEGORY_BY_TYPE.update(category_by_type)


def read_names(text: str) -> tuple[str, ...]:
    """Categories and types with commas between them, each once. Raises UnknownName."""
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))
    if len(names) > MOST_NAMES:
        raise UnknownName(f"At most {MOST_NAMES} categories and message names can be chosen.")
    for name in names:
        if not (name in Category.values or name in CATEGORY_BY_TYPE or NEW_TYPE.fullmatch(name)):
            raise UnknownName(
                f"{name[:50]!a} is no category (such as chat or gift) and no name of a message "
                "(such as WebcastChatMessage)."
            )
    return names


def categories_of(names: Iterable[str]) -> list[str]:
    """In which categories what bears one of these names is."""
    found = (name if name in Category.values else category_of(name) for name in names)
    return list(dict.fromkeys(found))
