"""What the analytics answers show."""

from apps.capture.shapes import SessionShape, big_id, moment
from apps.contract import shapes
from apps.contract.shapes import Shape


class WordShape(Shape):
    word = shapes.text("word")
    messages = shapes.integer("messages")


class RegularShape(Shape):
    """Somebody who took part in earlier sessions of the streamer too."""

    user_id = big_id("user_id")
    unique_id = shapes.text("unique_id")
    nickname = shapes.text("nickname")
    sessions = shapes.integer("sessions")
    first_at = moment("first_at")
    last_at = moment("last_at")
    events = shapes.integer("events")


class PointShape(Shape):
    """A minute of a session, counted from its beginning."""

    minute = shapes.integer("minute")
    events = shapes.integer("events")
    diamonds = shapes.integer("diamonds")
    viewers = shapes.integer("viewers")


class ComparedShape(SessionShape):
    """Needs `duration_s`, `unique_users`, `gifters` and `curve` beside the session's columns."""

    duration_s = shapes.number("duration_s")
    unique_users = shapes.integer("unique_users")
    gifters = shapes.integer("gifters")
    curve = shapes.Field("curve", "{source}", {"type": "array", "items": PointShape.schema()})
