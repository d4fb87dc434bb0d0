"""The demo's streamers, and how recorded messages are made to look like a live of today.

`demo` is live and goes on for ever at a human pace. `demo_offline`, `demo_adults`, `demo_busy`
and any other name show what happens when a live can't be had.
"""

import random
import time
from collections.abc import Iterator

from apps.capture.webcast.recording import RecordedMessage, recorded_messages
from apps.capture.webcast.room import AtEnd, Room, State
from apps.capture.webcast.wire import CLASSES

MESSAGES_PER_SECOND = 4
PLAYLIST_LENGTH = 2_000
# How often each kind comes in an ordinary live, roughly.
WEIGHTS = {
    "WebcastChatMessage": 40,
    "WebcastMemberMessage": 20,
    "WebcastLikeMessage": 16,
    "WebcastGiftMessage": 8,
    "WebcastSocialMessage": 6,
    "WebcastRoomUserSeqMessage": 5,
    "WebcastEmoteChatMessage": 2,
    "WebcastQuestionNewMessage": 1,
    "WebcastEnvelopeMessage": 1,
    "WebcastRankTextMessage": 1,
}
# The recorded people's words are scrambled; these read better.
COMMENTS = [
    "hello from Lisbon!",
    "first time here, this is great",
    "how long have you been practising?",
    "sound is perfect now",
    "can you play the last one again?",
    "greetings from Nairobi",
    "haha, that was close",
    "the light looks so good today",
    "who else is watching at work",
    "good morning from Mexico City",
    "what camera do you use?",
    "you got this!",
    "just shared it with my sister",
    "is there a part two?",
    "I could watch this for hours",
    "love the new background",
    "tell the story about the cat",
    "what time is it where you are?",
    "sending a rose",
    "that last take was the best",
]


def demo_rooms() -> list[Room]:
    return [
        Room(
            "demo",
            messages=playlist(),
            rate=MESSAGES_PER_SECOND,
            per_frame=2,
            at_end=AtEnd.REPEAT,
            ping_interval_s=5,
            rewrite=Freshener().rewrite,
        ),
        Room("demo_offline", state=State.OFFLINE),
        Room("demo_adults", state=State.AGE_RESTRICTED),
        Room("demo_busy", state=State.RATE_LIMITED),
    ]


def playlist() -> list[RecordedMessage]:
    """A mix of kinds as in a live; within a kind in the recorded order, so gifts streak."""
    chance = random.Random(7)  # noqa: S311
    kinds = chance.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=PLAYLIST_LENGTH)
    sources = {kind: endless(kind) for kind in WEIGHTS}
    return [next(sources[kind]) for kind in kinds]


def endless(kind: str) -> Iterator[RecordedMessage]:
    messages = [message for message in recorded_messages() if message.type == kind]
    while True:
        yield from messages


class Freshener:
    """Gives recorded messages a new id and moment, and totals that only grow."""

    def __init__(self) -> None:
        self.chance = random.Random(11)  # noqa: S311
        self.likes = 1_200
        self.viewers = 340

    def rewrite(self, recorded: RecordedMessage, message_id: int) -> bytes:
        kind = {
            "WebcastChatMessage": "Chat",
            "WebcastLikeMessage": "Like",
            "WebcastGiftMessage": "Gift",
            "WebcastRoomUserSeqMessage": "Viewers",
        }.get(recorded.type, "AnyMessage")
        message = CLASSES[kind].FromString(recorded.payload)
        message.common.msg_id = message_id
        message.common.create_time = int(time.time() * 1000)
        if kind == "Chat":
            message.content = self.chance.choice(COMMENTS)
        elif kind == "Like":
            self.likes += message.count
            message.total = self.likes
        elif kind == "Viewers":
            self.viewers = max(self.viewers + self.chance.randint(-9, 12), 25)
            message.total = self.viewers
        elif kind == "Gift":
            # A streak of the recording is a new one in each hour of the demo.
            message.group_id += int(time.time()) // 3600
        return message.SerializeToString()
