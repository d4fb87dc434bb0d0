"""What an operator may upload as a gift's files: checked by what is in them, not by their names."""

from django.core.exceptions import ValidationError
from django.core.files import File

KB = 1024
IMAGE_MAX_BYTES = 1024 * KB
ANIMATION_MAX_BYTES = 8 * 1024 * KB
SOUND_MAX_BYTES = 2 * 1024 * KB
HEAD_BYTES = 16
# How files of a kind begin: (offset, bytes).
MARKS = {
    "gif": [(0, b"GIF87a"), (0, b"GIF89a")],
    "png": [(0, b"\x89PNG\r\n\x1a\n")],
    "webp": [(8, b"WEBP")],
    "mp4": [(4, b"ftyp")],
    "webm": [(0, b"\x1aE\xdf\xa3")],
    "json": [(0, b"{")],
    "svga": [(0, b"x\x9c"), (0, b"x\xda"), (0, b"PK\x03\x04")],
    "mp3": [(0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2")],
    "m4a": [(4, b"ftyp")],
    "aac": [(0, b"\xff\xf1"), (0, b"\xff\xf9")],
    "wav": [(8, b"WAVE")],
    "ogg": [(0, b"OggS")],
}
ANIMATIONS = ["gif", "png", "webp", "mp4", "webm", "json", "svga"]
SOUNDS = ["mp3", "m4a", "aac", "wav", "ogg"]


def check_image(file: File) -> None:
    if is_new(file):
        check_size(file, IMAGE_MAX_BYTES)


def check_animation(file: File) -> None:
    if is_new(file):
        check_size(file, ANIMATION_MAX_BYTES)
        check_kind(file, ANIMATIONS)


def check_sound(file: File) -> None:
    if is_new(file):
        check_size(file, SOUND_MAX_BYTES)
        check_kind(file, SOUNDS)


def is_new(file: File) -> bool:
    """Whether it is an upload. What is stored was checked when it came."""
    return not getattr(file, "_committed", False)


def check_size(file: File, most: int) -> None:
    if file.size > most:
        raise ValidationError(f"At most {most // KB} kB; this file has {file.size // KB} kB.")


def check_kind(file: File, kinds: list[str]) -> None:
    """Raises ValidationError unless the file's ending is one of `kinds` and its bytes say so."""
    ending = str(file.name).rpartition(".")[2].lower()
    if ending not in kinds:
        raise ValidationError(f"A file of these kinds is needed: {', '.join(kinds)}.")
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if ending == "json":
        head = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if not any(head[at : at + len(mark)] == mark for at, mark in MARKS[ending]):
        raise ValidationError(f"This is no {ending} file, whatever its name says.")
