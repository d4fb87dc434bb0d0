"""One class an endpoint of the mobile API.

    class SendGift(Endpoint):               # POST /api/sendGift
        \"\"\"Spend coins on a gift.\"\"\"
        group = "gifts"
        throttle = Rate.WRITE
        actor_keys = ("sender_id",)         # ids in the body that must be the caller's own

        class Input(Input):
            gift_id = IdField()

        answer = {"User": OwnUser}          # what `msg` holds, for the API's documentation

        def handle(self, caller, data):
            ...
            return {"User": ...}            # becomes {"code": 200, "msg": {...}}

The class's name is the endpoint's name with a small first letter. Declaring it routes it,
validates its input, asks for a signed-in caller, throttles, documents and tests it
(tests/contract/ walks the registry).
"""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest

from apps.contract import inputs, throttle
from apps.contract.answers import Answer, ContractError, ContractValue, NoIdentity, Refused
from apps.contract.identity import SIGN_IN_SENTENCE, identify
from apps.contract.throttle import Rate
from apps.users.callers import GUEST, Caller

REQUIRED, OPTIONAL, NONE = "required", "optional", "none"


class Endpoint:
    abstract: ClassVar[bool] = False  # True in a base class that is no endpoint itself
    name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    group: ClassVar[str] = ""
    auth: ClassVar[str] = REQUIRED
    throttle: ClassVar[Rate] = Rate.READ
    actor_keys: ClassVar[tuple[str, ...]] = ("user_id",)
    answer: ClassVar[ContractValue] = None
    # What `msg` is when the outcome is not success: the sentence, unless the iOS client can't
    # decode a text there (contract/ios/NOTES.md, surprising type requirements 2 to 4). The
    # sentence then stands beside it as `message`.
    refusal_msg: ClassVar[ContractValue] = None
    # Keys that iOS needs beside `msg` whatever the outcome (requirement 6).
    refusal_beside: ClassVar[dict[str, ContractValue]] = {}

    class Input(inputs.Input):
        pass

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("abstract"):
            return
        if not cls.__dict__.get("name"):
            cls.name = cls.__name__[:1].lower() + cls.__name__[1:]
        register(cls)

    def __init__(self, request: HttpRequest, values: dict[str, Any]) -> None:
        self.request = request
        self.values = values  # the body as it came, for what `Input` can't say

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        raise NotImplementedError

    @classmethod
    def run(cls, request: HttpRequest) -> dict[str, ContractValue]:
        """The whole answer. Raises ContractError for every foreseen outcome but success."""
        check_api_key(request)
        cls.check_size(request)
        values = inputs.read_body(request)
        caller = cls.authenticate(request, values)
        throttle.check(cls.throttle, caller, request)
        data = inputs.validated(cls.Input, values)
        result = cls(request, values).handle(caller, data)
        return result.content if isinstance(result, Answer) else {"code": 200, "msg": result}

    @classmethod
    def body_limit(cls) -> int:
        """The most bytes that a request may have; endpoints that take files allow more."""
        return settings.MOBILE_BODY_MAX_BYTES

    @classmethod
    def check_size(cls, request: HttpRequest) -> None:
        """Raises ContractError for a body that is not to be read.

        A large one is read only from a person: both clients name themselves in the headers of
        their uploads.
        """
        size = inputs.body_size(request, limit=cls.body_limit())
        if size <= settings.MOBILE_BODY_MAX_BYTES:
            return
        try:
            cls.authenticate(request, {})
        except ContractError:
            inputs.discard_body(request)
            raise

    @classmethod
    def authenticate(cls, request: HttpRequest, values: dict[str, Any]) -> Caller:
        if cls.auth == NONE:
            return GUEST
        caller = identify(request, values)
        if caller is not None:
            cls.refuse_other_actor(caller, values)
            return caller
        if cls.auth == REQUIRED:
            raise NoIdentity(SIGN_IN_SENTENCE)
        return GUEST

    @classmethod
    def refuse_other_actor(cls, caller: Caller, values: dict[str, Any]) -> None:
        """A request never acts for anyone but the owner of its proof."""
        for key in cls.actor_keys:
            claimed = str(values.get(key) or "0").strip()
            if claimed not in ("0", "null", str(caller.id)):
                raise Refused("You can only do this for your own account.")


def check_api_key(request: HttpRequest) -> None:
    if settings.API_KEYS and request.headers.get("Api-Key") not in settings.API_KEYS:
        raise NoIdentity("This app is not allowed to use this server.")


_registry: dict[str, type[Endpoint]] = {}


def register(endpoint: type[Endpoint]) -> None:
    for name in (endpoint.name, *endpoint.aliases):
        key = name.lower()
        if key in _registry:
            raise ValueError(f"Two endpoints answer to {name}.")
        _registry[key] = endpoint


def find(name: str) -> type[Endpoint] | None:
    """The endpoint of that name, whatever its case."""
    return _registry.get(name.lower())


def all_endpoints() -> list[type[Endpoint]]:
    """Every endpoint once, by name."""
    return sorted(set(_registry.values()), key=lambda endpoint: endpoint.name)
