"""`/api/users` and `/api/me/password`: who may sign in, and one's own password."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.accounts.model import User

from ...auth import needs
from ...context import current_actor, current_services
from ...own_password import change_own_password
from ..base import Message, api_blueprint, errors, json_response
from .present import user_json
from .schemas import NewUser, OwnPassword, UserEdit, UserList, UserPath, UserShape

blueprint = api_blueprint("users", "People who may sign in.")


@blueprint.get("/users", responses={200: UserList})
@needs(Role.ADMIN, Scope.USERS_WRITE)
def list_users() -> Response:
    """List everybody who may sign in, by name; never a password or its hash."""
    return json_response([_shown(user) for user in current_services().users.all()])


@blueprint.post("/users", responses={201: UserShape, **errors(409, 413, 415)})
@needs(Role.ADMIN, Scope.USERS_WRITE)
def create_user(body: NewUser) -> Response:
    """Add a person."""
    user = current_services().users.create(body.name, Role(body.role), body.password, by=current_actor())
    return json_response(_shown(user), 201)


@blueprint.patch("/users/<name>", responses={200: UserShape, **errors(404, 409, 413, 415)})
@needs(Role.ADMIN, Scope.USERS_WRITE)
def edit_user(path: UserPath, body: UserEdit) -> Response:
    """Change a person's role or password, disable or enable; ends the person's sessions."""
    user = current_services().users.edit(
        path.name,
        role=Role(body.role) if body.role else None,
        disabled=body.disabled,
        password=body.password,
        by=current_actor(),
    )
    return json_response(_shown(user))


@blueprint.delete("/users/<name>", responses={200: Message, **errors(404, 409)})
@needs(Role.ADMIN, Scope.USERS_WRITE)
def remove_user(path: UserPath) -> Response:
    """Remove a person for good; what the person made stays."""
    current_services().users.remove(path.name, by=current_actor())
    return json_response({"message": "The user is removed."})


@blueprint.post("/me/password", responses={200: Message, **errors(409, 413, 415)})
@needs(Role.VIEWER)
def change_password(body: OwnPassword) -> Response:
    """Change one's own password, which needs the old one; all other sessions end."""
    change_own_password(body.old_password, body.password)
    return json_response({"message": "The password is changed; every other session has ended."})


def _shown(user: User) -> dict[str, object]:
    return user_json(user, current_services().accounts.last_seen(user))
