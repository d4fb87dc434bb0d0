"""Places that people name at their videos."""

from apps.videos.models import Place


def named(
    *,
    name: str,
    address: str = "",
    google_place_id: str = "",
    lat: float | None = None,
    long: float | None = None,
) -> Place | None:
    """The place of that Google id, or else of that name; a new one if there is none. None for
    no name. Two requests that bring a new place at once get the same row."""
    if not name:
        return None
    found = Place.objects.filter(google_place_id=google_place_id)
    if not google_place_id:
        found = found.filter(name__lower=name.lower())
    place = found.first()
    if place is not None:
        return place
    new = Place(name=name, address=address, google_place_id=google_place_id, lat=lat, long=long)
    Place.objects.bulk_create([new], ignore_conflicts=True)
    return found.first()
