"""TikTok's messages decoded by protobuf's C parser: bytes -> message -> dict.

TikTokLiveProto knows every message but decodes them in Python through pydantic, at some
hundreds a second. Its classes carry their field numbers and types as metadata; from these a
file descriptor is built once per process and given to google.protobuf, which parses the same
bytes some hundred times faster. Names of fields are TikTokLiveProto's.

Importing TikTokLiveProto takes seconds: only the first call pays, so that web processes,
which never decode, don't.
"""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

PACKAGE = "webcast"
FieldProto = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "bool": FieldProto.TYPE_BOOL,
    "bytes": FieldProto.TYPE_BYTES,
    "double": FieldProto.TYPE_DOUBLE,
    # Values that the classes don't know are kept as numbers.
    "enum": FieldProto.TYPE_INT32,
    "fixed32": FieldProto.TYPE_FIXED32,
    "fixed64": FieldProto.TYPE_FIXED64,
    "float": FieldProto.TYPE_FLOAT,
    "int32": FieldProto.TYPE_INT32,
    "int64": FieldProto.TYPE_INT64,
    "sfixed32": FieldProto.TYPE_SFIXED32,
    "sfixed64": FieldProto.TYPE_SFIXED64,
    "sint32": FieldProto.TYPE_SINT32,
    "sint64": FieldProto.TYPE_SINT64,
    "string": FieldProto.TYPE_STRING,
    "uint32": FieldProto.TYPE_UINT32,
    "uint64": FieldProto.TYPE_UINT64,
}


class Unparsable(Exception):
    """The bytes are not the message they claim to be; the text says why."""


def parse(type_name: str, payload: bytes) -> Message | None:
    """The message, or None for a type that TikTokLiveProto has no class for.

    Raises Unparsable.
    """
    message_class = message_classes().get(type_name)
    if message_class is None:
        return None
    return parse_as(message_class, payload)


def parse_as(message_class: type[Message], payload: bytes) -> Message:
    """Raises Unparsable."""
    try:
        return message_class.FromString(payload)
    except DecodeError as error:
        raise Unparsable(str(error)) from error


def to_dict(message: Message) -> dict[str, Any]:
    """Every field that is set, as plain values; bytes stay bytes, map keys keep their type."""
    return {field.name: plain(field, value) for field, value in message.ListFields()}


def plain(field: Any, value: Any) -> Any:
    if field.message_type is None:
        return list(value) if field.is_repeated else value
    if field.message_type.GetOptions().map_entry:
        of_messages = field.message_type.fields_by_name["value"].message_type is not None
        return {key: to_dict(value[key]) if of_messages else value[key] for key in value}
    if field.is_repeated:
        return [to_dict(item) for item in value]
    return to_dict(value)


# --- Message classes, built from TikTokLiveProto's metadata ------------------------------------


@cache
def message_classes() -> dict[str, type[Message]]:
    """TikTok's message name -> class, for the 62 methods that TikTokLive knows."""
    from TikTokLive.events.proto_events import EVENT_MAPPINGS

    return {name: upb_class(proto_class(event)) for name, event in EVENT_MAPPINGS.items()}


@cache
def frame_class() -> type[Message]:
    """The envelope of everything on the socket."""
    from TikTokLive.proto import WebcastPushFrame

    return upb_class(WebcastPushFrame)


@cache
def fetch_result_class() -> type[Message]:
    """What a frame of type `msg` holds: a list of messages."""
    from TikTokLive.proto import ProtoMessageFetchResult

    return upb_class(ProtoMessageFetchResult)


def upb_class(source: type) -> type[Message]:
    pool, names = message_pool()
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{names[source]}"))


@cache
def message_pool() -> tuple[descriptor_pool.DescriptorPool, dict[type, str]]:
    """One pool with every class that a known message can reach, and their names in it."""
    from TikTokLive.events.proto_events import EVENT_MAPPINGS
    from TikTokLive.proto import ProtoMessageFetchResult, WebcastPushFrame

    roots = [proto_class(event) for event in EVENT_MAPPINGS.values()]
    names: dict[type, str] = {}
    waiting = [ProtoMessageFetchResult, WebcastPushFrame, *roots]
    while waiting:
        source = waiting.pop()
        if source not in names:
            names[source] = f"{source.__name__}_{len(names)}"
            waiting += [field.message_class for field in fields_of(source) if field.message_class]
    file = descriptor_pb2.FileDescriptorProto(
        name="webcast.proto", package=PACKAGE, syntax="proto3"
    )
    for source, name in names.items():
        describe(source, file.message_type.add(name=name), names)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool, names


def proto_class(event: type) -> type:
    """TikTokLive's events inherit from the protobuf class that they wrap."""
    return next(base for base in event.__mro__ if base.__module__.startswith("TikTokLiveProto"))


class SourceField:
    """A field of a TikTokLiveProto class: its metadata, and the message class it holds."""

    def __init__(self, name: str, meta: Any, hint: Any) -> None:
        self.name = name
        self.meta = meta
        value_type = meta.map_meta[1].proto_type if meta.map_meta else meta.proto_type
        self.message_class: type | None = innermost(hint) if value_type == "message" else None


@cache
def fields_of(source: type) -> list[SourceField]:
    hints = get_type_hints(source, sys.modules[source.__module__].__dict__, {})
    return [
        SourceField(name, field.metadata["betterproto"], hints[name])
        for name, field in source.__dataclass_fields__.items()  # type: ignore[attr-defined]
    ]


def innermost(hint: Any) -> type:
    """The message class in `list[X]`, `X | None` or `dict[key, X]`."""
    while get_args(hint):
        hint = [part for part in get_args(hint) if part is not type(None)][-1]
    return hint


def describe(source: type, target: Any, names: dict[type, str]) -> None:
    for field in fields_of(source):
        proto = target.field.add(name=field.name, number=field.meta.number)
        proto.label = FieldProto.LABEL_OPTIONAL
        if field.meta.map_meta:
            describe_map(field, proto, target, names)
            continue
        set_type(proto, field.meta.proto_type, field.message_class, names)
        if field.meta.repeated:
            proto.label = FieldProto.LABEL_REPEATED
    for index, (group, members) in enumerate(oneofs(source)):
        target.oneof_decl.add(name=group)
        for proto in target.field:
            if proto.name in members:
                proto.oneof_index = index


def oneofs(source: type) -> Iterator[tuple[str, set[str]]]:
    groups: dict[str, set[str]] = {}
    for field in fields_of(source):
        if field.meta.group:
            groups.setdefault(field.meta.group, set()).add(field.name)
    yield from groups.items()


def set_type(proto: Any, proto_type: str, message_class: type | None, names: dict) -> None:
    if message_class is not None:
        proto.type = FieldProto.TYPE_MESSAGE
        proto.type_name = f".{PACKAGE}.{names[message_class]}"
    else:
        proto.type = SCALARS[proto_type]


def describe_map(field: SourceField, proto: Any, target: Any, names: dict[type, str]) -> None:
    """A map is a repeated message of key and value, marked as such."""
    # The name is prescribed: protobuf derives it from the field's.
    entry_name = "".join(part.capitalize() for part in field.name.split("_")) + "Entry"
    entry = target.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    for number, meta in enumerate(field.meta.map_meta, start=1):
        part = entry.field.add(name=("key", "value")[number - 1], number=number)
        part.label = FieldProto.LABEL_OPTIONAL
        set_type(part, meta.proto_type, field.message_class if number == 2 else None, names)
    proto.label = FieldProto.LABEL_REPEATED
    proto.type = FieldProto.TYPE_MESSAGE
    proto.type_name = f".{PACKAGE}.{target.name}.{entry_name}"
