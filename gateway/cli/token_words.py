"""What people write where a token and its life are meant: a name instead of the id, `30d` or `never`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.alert_verbs import parsed_duration
from gateway.cli.common import WrongUsage
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.control.access.token_store import TokenStore

USUAL_LIFE: Final = "30d"
NEVER: Final = "never"


def life(expires: str) -> float | None:
    """Return the seconds that a token is to hold, None: until it is revoked. Raises WrongUsage."""
    from gateway.control.access.tokens import LONGEST

    if expires == NEVER:
        return None
    try:
        seconds = parsed_duration(expires)
    except WrongUsage:
        raise WrongUsage(f"--expires {expires}: write a duration such as 12h or 30d, or {NEVER}") from None
    if seconds > LONGEST:
        raise WrongUsage(f"--expires {expires} is too far away; write {NEVER} for a token that never expires")
    return seconds


def id_of(store: TokenStore, told: str, now: float) -> str:
    """Return the id of the token that has it, else of the one in force that has this name.

    Raises GatewayError where there is none, or where the name does not tell which.
    """
    if store.find(told) is not None:
        return told
    named = [token for token in store.all() if token.name == told]
    in_force = [token.id for token in named if token.is_in_force(now)]
    if len(in_force) == 1:
        return in_force[0]
    if in_force:
        raise GatewayError(f"several tokens are named {told}; say which: {', '.join(in_force)}")
    if named:
        ended = ", ".join(token.id for token in named)
        raise GatewayError(f"no token {told} is in force any more (it was {ended}); see: gateway token list")
    raise GatewayError(f"there is no token {told[:40]}; see: gateway token list")
