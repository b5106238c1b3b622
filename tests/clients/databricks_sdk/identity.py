from databricks.sdk.errors import DatabricksError, NotFound
from databricks.sdk.service import iam


def me(w):
    me = w.current_user.me()
    assert me.user_name == "admin@example.test"
    assert any(group.display == "admins" for group in me.groups)
    assert w.get_workspace_id() == 1000000000000001


def users(w):
    made = [w.users.create(user_name=f"judged{number}@example.test") for number in range(3)]
    # Two pages: the SDK goes on until a page is empty.
    listed = {each.user_name: each for each in w.users.list(count=20)}
    assert {each.user_name for each in made} <= set(listed), sorted(listed)
    found = list(w.users.list(filter='userName eq "judged1@example.test"'))
    assert [each.id for each in found] == [made[1].id]
    w.users.patch(
        made[0].id,
        operations=[iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="Judged")],
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    )
    assert w.users.get(made[0].id).display_name == "Judged"
    w.users.update(made[0].id, user_name="judged0@example.test", display_name="Again", active=False)
    assert w.users.get(made[0].id).display_name == "Again"
    assert w.workspace.get_status("/Users/judged0@example.test").path == "/Users/judged0@example.test"
    for each in made:
        w.users.delete(each.id)
    try:
        w.users.get(made[0].id)
        raise AssertionError("the user is still there")
    except NotFound:
        pass
    try:
        w.users.create(user_name="ADMIN@example.test")
        raise AssertionError("two users of one login")
    except DatabricksError as error:
        assert "already exists" in str(error), error


def groups(w):
    user = w.users.create(user_name="member@example.test")
    inner = w.groups.create(display_name="judged inner", members=[iam.ComplexValue(value=user.id)])
    outer = w.groups.create(display_name="judged outer")
    w.groups.patch(
        outer.id,
        operations=[iam.Patch(op=iam.PatchOp.ADD, value={"members": [{"value": inner.id}]})],
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    )
    members = w.groups.get(outer.id).members
    assert [(each.value, each.ref) for each in members] == [(inner.id, f"Groups/{inner.id}")], members
    listed = [each.display_name for each in w.groups.list(count=5)]
    assert "judged inner" in listed and "admins" in listed, listed
    assert len(listed) == len(set(listed))
    w.groups.patch(
        outer.id,
        operations=[iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{inner.id}"]')],
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    )
    assert not w.groups.get(outer.id).members
    w.groups.delete(outer.id)
    w.groups.delete(inner.id)
    w.users.delete(user.id)


def service_principals(w):
    made = [w.service_principals.create(display_name=f"judged {number}") for number in range(3)]
    listed = {each.application_id for each in w.service_principals.list(count=2)}
    assert {each.application_id for each in made} <= listed
    w.service_principals.update(made[0].id, application_id=made[0].application_id, display_name="renamed", active=True)
    assert w.service_principals.get(made[0].id).display_name == "renamed"
    for each in made:
        w.service_principals.delete(each.id)


# The SDK has classes for the account's side of assignments only: its transport asks for the workspace's own.
ASSIGNMENTS = "/api/2.0/preview/permissionassignments"


def group_assignments(w):
    name = "directory readers"

    def listed():
        found = w.api_client.do("GET", ASSIGNMENTS)["permission_assignments"]
        return {one["principal"]["group_name"]: one["permissions"] for one in found if "group_name" in one["principal"]}

    def groups():
        return [each.id for each in w.groups.list(filter=f'displayName eq "{name}"')]

    assert name in listed(), "an assigned group is listed"
    (group,) = groups()
    one = f"{ASSIGNMENTS}/principals/{group}"
    made = w.api_client.do("PUT", one, body={"permissions": ["ADMIN"]})
    assert made["permissions"] == ["ADMIN"] == listed()[name], made
    (admins,) = w.groups.list(filter='displayName eq "admins"')
    assert group in [each.value for each in w.groups.get(admins.id).members], "an administrator is one of them"
    w.api_client.do("DELETE", one)
    assert name not in listed() and not groups(), "it is the workspace's no more"
    w.api_client.do("PUT", one, body={"permissions": ["USER"]})
    assert listed()[name] == ["USER"] and groups() == [group], "and is again, under its id"


def permissions(w):
    w.workspace.mkdirs("/Shared/judged permissions")
    object_id = str(w.workspace.get_status("/Shared/judged permissions").object_id)
    read = iam.AccessControlRequest(group_name="analysts", permission_level=iam.PermissionLevel.CAN_READ)
    run = iam.AccessControlRequest(group_name="finance", permission_level=iam.PermissionLevel.CAN_RUN)
    w.permissions.set("directories", object_id, access_control_list=[read])
    w.permissions.update("directories", object_id, access_control_list=[run])
    shown = w.permissions.get("directories", object_id)
    direct = {
        entry.group_name: permission.permission_level
        for entry in shown.access_control_list
        for permission in entry.all_permissions
        if not permission.inherited
    }
    assert direct == {"analysts": iam.PermissionLevel.CAN_READ, "finance": iam.PermissionLevel.CAN_RUN}, direct
    levels = w.permissions.get_permission_levels("directories", object_id).permission_levels
    assert iam.PermissionLevel.CAN_MANAGE in [each.permission_level for each in levels]
    w.workspace.delete("/Shared/judged permissions")


KINDS = {
    "me": me,
    "users": users,
    "groups": groups,
    "service-principals": service_principals,
    "group-assignments": group_assignments,
    "permissions": permissions,
}
