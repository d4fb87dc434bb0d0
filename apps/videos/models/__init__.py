"""What the app keeps, a file a topic."""

from apps.videos.models.comments import VideoComment, VideoCommentLike
from apps.videos.models.feed import FeedWeights
from apps.videos.models.files import FileRemoval, VideoDownload, VideoUpload
from apps.videos.models.hashtags import Hashtag, HashtagFavourite, VideoHashtag
from apps.videos.models.places import Place
from apps.videos.models.playlists import Playlist, PlaylistVideo
from apps.videos.models.reactions import (
    NotInterested,
    Reaction,
    VideoFavourite,
    VideoLike,
    VideoRepost,
    VideoWatch,
)
from apps.videos.models.sounds import Sound, SoundFavourite, SoundSection
from apps.videos.models.videos import (
    HEAT_EPOCH,
    HEAT_SQL,
    HEAT_TENFOLD_S,
    IN_FEED,
    Video,
    VideoMention,
)

__all__ = [
    "HEAT_EPOCH",
    "HEAT_SQL",
    "HEAT_TENFOLD_S",
    "IN_FEED",
    "FeedWeights",
    "FileRemoval",
    "Hashtag",
    "HashtagFavourite",
    "NotInterested",
    "Place",
    "Playlist",
    "PlaylistVideo",
    "Reaction",
    "Sound",
    "SoundFavourite",
    "SoundSection",
    "Video",
    "VideoComment",
    "VideoCommentLike",
    "VideoDownload",
    "VideoFavourite",
    "VideoHashtag",
    "VideoLike",
    "VideoMention",
    "VideoRepost",
    "VideoUpload",
    "VideoWatch",
]
