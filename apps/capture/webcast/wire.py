"""The few protobuf messages that the server itself writes and reads, described by hand.

The server must not depend on the library it is there to test. Fields that are not named here
pass through unchanged, as protobuf keeps what it doesn't know.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto
INT, BOOL, TEXT, BYTES = Field.TYPE_INT64, Field.TYPE_BOOL, Field.TYPE_STRING, Field.TYPE_BYTES

# Message -> field -> (number, type or message name, repeated)
MESSAGES: dict[str, dict[str, tuple[int, int | str, bool]]] = {
    "Header": {"key": (1, TEXT, False), "value": (2, TEXT, False)},
    "PushFrame": {
        "seq_id": (1, INT, False),
        "log_id": (2, INT, False),
        "headers": (5, "Header", True),
        "payload_encoding": (6, TEXT, False),
        "payload_type": (7, TEXT, False),
        "payload": (8, BYTES, False),
    },
    "BaseMessage": {
        "method": (1, TEXT, False),
        "payload": (2, BYTES, False),
        "msg_id": (3, INT, False),
        "is_history": (6, BOOL, False),
    },
    "FetchResult": {
        "messages": (1, "BaseMessage", True),
        "cursor": (2, TEXT, False),
        "now": (4, INT, False),
        "internal_ext": (5, TEXT, False),
        # A map is a repeated key and value.
        "route_params": (7, "Header", True),
        "need_ack": (9, BOOL, False),
        "push_server": (10, TEXT, False),
        "is_first": (11, BOOL, False),
    },
    "Common": {
        "msg_id": (2, INT, False),
        "room_id": (3, INT, False),
        "create_time": (4, INT, False),
    },
    "AnyMessage": {"common": (1, "Common", False)},
    "Chat": {"common": (1, "Common", False), "content": (3, TEXT, False)},
    "Like": {"common": (1, "Common", False), "count": (2, INT, False), "total": (3, INT, False)},
    "Gift": {"common": (1, "Common", False), "group_id": (11, INT, False)},
    "Viewers": {"common": (1, "Common", False), "total": (3, INT, False)},
}


def build_classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="wire.proto", package="wire", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind, repeated) in fields.items():
            label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = Field.TYPE_MESSAGE, f".wire.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"wire.{name}"))
        for name in MESSAGES
    }


CLASSES = build_classes()
PushFrame = CLASSES["PushFrame"]
FetchResult = CLASSES["FetchResult"]
BaseMessage = CLASSES["BaseMessage"]
