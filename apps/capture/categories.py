"""Which category each of TikTok's message types belongs to. What is not listed is `other`."""

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


def category_of(type_name: str) -> str:
    return CATEGORY_BY_TYPE.get(type_name, OTHER)
