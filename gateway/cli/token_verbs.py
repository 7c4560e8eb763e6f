"""`gateway token`: who may use the admin side, made and ended at the file itself.

Whoever may write the state directory may do anything anyway, so nobody is asked for a token here. It works
whether the gateway runs or not: the first token is needed before it is started for others.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import WrongUsage, author, print_json, say, state_of
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.cli.token_words import USUAL_LIFE, id_of, life
from gateway.control.access.roles import Role
from gateway.errors import GatewayError
from gateway.routing.places import Places

if TYPE_CHECKING:
    from gateway.control.access.token_store import TokenStore
    from gateway.control.access.tokens import Token

app = typer.Typer(help="Who may use the admin side, and what they may do there.", no_args_is_help=True)


@app.callback()
def _token() -> None:
    """Who may use the admin side, and what they may do there."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it; it stands in the history.")],
    role: Annotated[Role, typer.Option(help="A viewer looks, an operator changes routing.")],
    route: Annotated[
        list[str] | None, typer.Option(help="A route it may touch; several times, without: all.")
    ] = None,
    expires: Annotated[str, typer.Option(help="After how long, such as 12h or 90d, or never.")] = USUAL_LIFE,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Make a token and print it, this once: only its hash is kept.

    Example: gateway token create ci --role operator --route late --expires 90d
    """
    from gateway.control.access.tokens import NAME, Grant, is_name

    if not is_name(name):
        raise WrongUsage(f"{name!r} is no name for a token; use letters, digits and . _ @ - ({NAME})")
    seconds = life(expires)
    places = _places(state_dir, config)
    routes = frozenset(route) if route else None
    _check_routes(places, routes)
    wish = Grant(role, routes, None if seconds is None else time.time() + seconds)
    token, text = _store(places).create(name, wish, author())
    _note(places, "create-token", token)
    _show_made(token, text, as_json)


def _show_made(token: Token, text: str, as_json: bool) -> None:
    if as_json:
        print_json({**_told(token), "token": text})
        return
    print(_in_words(token), file=sys.stderr)
    print("it is shown this once; send it as authorization: Bearer TOKEN", file=sys.stderr)
    say(text)


@app.command("list")
def list_tokens(as_json: Json = False, state_dir: StateDir = None, config: Config = CONFIG) -> None:
    """List the tokens, without their secrets.

    Example: gateway token list
    """
    found = _store(_places(state_dir, config)).all()
    if as_json:
        print_json({"tokens": [_told(token) for token in found]})
        return
    if not found:
        say("no tokens; make one with: gateway token create NAME --role viewer")
        return
    from gateway.cli.status_tables import console
    from gateway.cli.token_table import token_table

    console().print(token_table([_told(token) for token in found]))


@app.command()
def revoke(
    token_id: Annotated[
        str,
        typer.Argument(metavar="ID|NAME|user:NAME", help="As `gateway token list` shows it, or its maker."),
    ],
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """End a token, those made with it, and their sessions, from the next request on.

    Of a person of the identity provider: their sessions and all tokens they made.

    Example: gateway token revoke 1f2e3d4c
    """
    from gateway.control.access.tokens import is_person

    places = _places(state_dir, config)
    if is_person(token_id):
        _revoke_person(places, token_id, as_json)
        return
    store = _store(places)
    found = store.revoke(id_of(store, token_id, time.time()))
    for token in found:
        _note(places, "revoke-token", token)
    _show_revoked(found[0], found[1:], as_json)


def _show_revoked(token: Token, others: list[Token], as_json: bool) -> None:
    if as_json:
        print_json({**_told(token), "also_revoked": _named(others)})
        return
    say(f"token {token.id} ({token.name}) is revoked")
    if others:
        say(f"and {len(others)} made with it, directly or not: {_listed(others)}")


def _revoke_person(places: Places, name: str, as_json: bool) -> None:
    from gateway.routing.audited import note

    found, sessions = _store(places).revoke_person(name)
    if not found and not sessions:
        raise GatewayError(f"{name} has no session, and made no token that is in force")
    note(places, "revoke-person", author(), after={"person": name, "sessions": sessions})
    for token in found:
        _note(places, "revoke-token", token)
    if as_json:
        print_json({"person": name, "sessions": sessions, "also_revoked": _named(found)})
        return
    say(f"{name}: ended {sessions} sessions, and of the tokens they made: {_listed(found) or 'none'}")


def _named(tokens: list[Token]) -> list[dict[str, str]]:
    return [{"id": token.id, "name": token.name} for token in tokens]


def _listed(tokens: list[Token]) -> str:
    return ", ".join(f"{token.id} ({token.name})" for token in tokens)


def _note(places: Places, what: str, token: Token) -> None:
    from gateway.routing.audited import note

    note(places, what, author(), after={"token": token.id, "name": token.name, "role": token.role})


def _places(state_dir: str | None, config: Path) -> Places:
    """Return where the tokens are; raises GatewayError where there is no gateway to have any."""
    places = Places(state_of(state_dir, str(config)))
    if not places.journal.exists() and not config.exists():
        raise GatewayError(
            f"there is neither {config} nor a gateway's state in {places.state}; "
            "go where routing.yaml is, or say where it is with --config or --state-dir"
        )
    places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return places


def _store(places: Places) -> TokenStore:
    from gateway.control.access.token_store import TokenStore

    return TokenStore(places.access)


def _check_routes(places: Places, routes: frozenset[str] | None) -> None:
    """Raise ChangeRefused for a route that is not there; before the first start nobody knows."""
    from gateway.control.access.token_api import check_routes
    from gateway.control.status.observation import latest_plan

    if routes and places.journal.exists():
        check_routes(latest_plan(places), routes)


def _told(token: Token) -> dict[str, Any]:
    from gateway.control.access.token_api import told

    return told(token, time.time())


def _in_words(token: Token) -> str:
    routes = "all routes" if token.routes is None else f"the routes {', '.join(sorted(token.routes))}"
    until = "never expires" if token.expires is None else f"expires {_told(token)['expires']}"
    return f"token {token.id} ({token.name}): {token.role} of {routes}; {until}"
