"""Which tasks run by the clock, and which queue each task goes to."""

from celery.schedules import crontab

TASK_ROUTES = {
    "apps.capture.tasks.*": {"queue": "capture"},
    # Encoding alone: what takes seconds must not wait behind it.
    "apps.videos.tasks.process_video": {"queue": "media"},
    "apps.videos.tasks.render_download": {"queue": "media"},
    "apps.exports.tasks.make_export": {"queue": "exports"},
}

BEAT_SCHEDULE: dict[str, dict] = {
    # A beat that waited is dropped: the next one sees more.
    "live.reconcile": {
        "task": "apps.live.tasks.reconcile",
        "schedule": 3.0,
        "options": {"expires": 3.0},
    },
    "rooms-tidy": {
        "task": "apps.rooms.tasks.tidy",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "live.collect-recordings": {
        "task": "apps.live.tasks.collect_recordings",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "notifications.send_pushes": {
        "task": "apps.notifications.tasks.send_pushes",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "notifications.forget_old_pushes": {
        "task": "apps.notifications.tasks.forget_old_pushes",
        "schedule": 6 * 3600.0,
    },
    # Late copies are dropped: one run settles all that is pending.
    "settle-pending-coins": {
        "task": "apps.wallet.tasks.settle_pending",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "forget-order-sessions": {
        "task": "apps.wallet.tasks.forget_order_sessions",
        "schedule": 600,
        "options": {"expires": 600},
    },
    "run-store-errands": {
        "task": "apps.wallet.tasks.run_errands",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "hear-of-voided-purchases": {
        "task": "apps.wallet.tasks.hear_of_voided",
        "schedule": 900,
        "options": {"expires": 900},
    },
    "collect-debts": {
        "task": "apps.wallet.tasks.collect_debts",
        "schedule": crontab(minute=20),
    },
    "flag-gifts": {
        "task": "apps.gifts.tasks.flag_gifts",
        "schedule": crontab(minute=40),
    },
    "tell-receivers-of-gifts": {
        "task": "apps.gifts.tasks.tell_receivers",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "tend-promotions": {
        "task": "apps.promotions.tasks.tend_promotions",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "forget-promotion-events": {
        "task": "apps.promotions.tasks.forget_events",
        "schedule": crontab(hour=4, minute=30),
    },
    "purge-accounts": {
        "task": "apps.users.tasks.purge_accounts",
        "schedule": crontab(hour=4, minute=15),
    },
    "audit-ledger": {
        "task": "apps.wallet.tasks.audit_ledger",
        "schedule": crontab(hour=3, minute=30),
    },
    "videos-refresh-feed": {
        "task": "apps.videos.tasks.refresh_feed",
        "schedule": 60,
        "options": {"queue": "default", "expires": 60},
    },
    "videos-process-waiting": {
        "task": "apps.videos.tasks.process_waiting",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "videos-remove-deleted": {
        "task": "apps.videos.tasks.remove_deleted",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "videos-remove-expired-stories": {
        "task": "apps.videos.tasks.remove_expired_stories",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "videos-add-up-views": {
        "task": "apps.videos.tasks.add_up_views",
        "schedule": 900,
        "options": {"expires": 900},
    },
    "videos-remove-old-downloads": {
        "task": "apps.videos.tasks.remove_old_downloads",
        "schedule": crontab(hour=4, minute=50),
    },
    "videos-remove-old-sources": {
        "task": "apps.videos.tasks.remove_old_sources",
        "schedule": crontab(hour=4, minute=45),
    },
    "capture-adopt-sessions": {
        "task": "apps.capture.tasks.adopt_sessions",
        "schedule": 3,
        # Not on the capture queue: its threads may all be busy with sessions.
        "options": {"queue": "default", "expires": 5},
    },
    "capture-watch-streamers": {
        "task": "apps.capture.tasks.watch_streamers",
        "schedule": 10,
        "options": {"queue": "default", "expires": 10},
    },
    "analytics-count-events": {
        "task": "apps.analytics.tasks.count_events",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "exports-enqueue-forgotten": {
        "task": "apps.exports.tasks.enqueue_forgotten",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "exports-remove-old": {
        "task": "apps.exports.tasks.remove_old_exports",
        "schedule": 3600,
    },
    "capture-drop-old-events": {
        "task": "apps.capture.tasks.drop_old_events",
        "schedule": crontab(hour=5, minute=10),
        "options": {"queue": "default"},
    },
    "capture-make-event-partitions": {
        "task": "apps.capture.tasks.make_event_partitions",
        "schedule": 24 * 3600,
        "options": {"queue": "default"},
    },
}
