"""Sessions' events as they come, to many readers: server-sent events.

A plain ASGI application, because Django's own ASGI path keeps a thread for every open answer.
`application` reads the request, `access` asks Django who it is, `hub` holds one `Feed` for each
session that somebody watches, and `store` reads PostgreSQL. How it learns of news, and why
nothing is lost or repeated: apps/capture/channel.py.
"""
