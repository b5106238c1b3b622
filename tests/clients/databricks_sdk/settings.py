"""Settings of the workspace, with the vendor's SDK."""

from databricks.sdk.errors import DatabricksError, InvalidState
from databricks.sdk.service import settings as api

from expect import equal, holds, refused


def workspace_conf(w):
    key = "enableTokensConfig"
    before = w.workspace_conf.get_status(key)[key]
    w.workspace_conf.set_status({key: "false"})
    equal(w.workspace_conf.get_status(key), {key: "false"}, "a setting after PATCH")
    w.workspace_conf.set_status({key: before or "true"})
    refused(DatabricksError, lambda: w.workspace_conf.get_status(f"{key},noSuchKey"), "an unknown key fails the call")


def ip_access_lists(w):
    made = w.ip_access_lists.create("judge", api.ListType.BLOCK, ip_addresses=["192.0.2.0/24"]).ip_access_list
    holds(made.list_id in [x.list_id for x in w.ip_access_lists.list()], "the list is listed")
    w.ip_access_lists.update(made.list_id, label="judge-edited", enabled=False)
    read = w.ip_access_lists.get(made.list_id).ip_access_list
    equal((read.label, read.enabled, read.address_count), ("judge-edited", False, 1), "list after PATCH")
    w.ip_access_lists.replace(made.list_id, "judge-2", api.ListType.BLOCK, False, ip_addresses=["198.51.100.7"])
    equal(w.ip_access_lists.get(made.list_id).ip_access_list.ip_addresses, ["198.51.100.7"], "list after PUT")
    here = w.ip_access_lists.create("here", api.ListType.ALLOW, ip_addresses=["127.0.0.0/8"]).ip_access_list
    w.workspace_conf.set_status({"enableIpAccessLists": "true"})
    refused(
        InvalidState,
        lambda: w.ip_access_lists.create("lock-out", api.ListType.BLOCK, ip_addresses=["127.0.0.0/8"]),
        "nobody locks himself out",
    )
    w.workspace_conf.set_status({"enableIpAccessLists": "false"})
    w.ip_access_lists.delete(here.list_id)
    w.ip_access_lists.delete(made.list_id)
    refused(DatabricksError, lambda: w.ip_access_lists.get(made.list_id), "a deleted list is gone")


def tokens(w):
    made = w.tokens.create(comment="judge", lifetime_seconds=3600)
    holds(made.token_value.startswith("dapi"), "the value is shown once")
    token = made.token_info.token_id
    holds(token in [t.token_id for t in w.tokens.list()], "the token is among the own ones")
    read = w.token_management.get(token).token_info
    equal((read.comment, read.expiry_time - read.creation_time), ("judge", 3600 * 1000), "token as the admin sees it")
    holds(token in [t.token_id for t in w.token_management.list()], "the token is among all")
    w.tokens.delete(token)
    refused(DatabricksError, lambda: w.token_management.get(token), "a revoked token is gone")


def token_permissions(w):
    def allowed():
        shown = w.token_management.get_permissions().access_control_list
        direct = [(one.group_name, each) for one in shown for each in one.all_permissions if not each.inherited]
        return {name: each.permission_level for name, each in direct if name != "admins"}

    def may_use(name):
        return api.TokenAccessControlRequest(group_name=name, permission_level=api.TokenPermissionLevel.CAN_USE)

    use = api.TokenPermissionLevel.CAN_USE
    before = allowed()
    w.token_management.set_permissions(access_control_list=[may_use("analysts")])
    equal(allowed(), {"analysts": use}, "who may have tokens after PUT")
    w.token_management.update_permissions(access_control_list=[may_use("finance")])
    equal(allowed(), {"analysts": use, "finance": use}, "and after PATCH")
    levels = w.token_management.get_permission_levels().permission_levels
    holds(use in [each.permission_level for each in levels], "the level is one of them")
    w.token_management.set_permissions(access_control_list=[])
    equal(allowed(), {}, "after all were taken away")
    w.token_management.set_permissions(access_control_list=[may_use(name) for name in before])
    equal(allowed(), before, "as it was")


def notification_destinations(w):
    made = [
        w.notification_destinations.create(
            display_name=f"judge-{n}",
            config=api.Config(generic_webhook=api.GenericWebhookConfig(url="https://hook.test/x", password="secret")),
        )
        for n in range(3)
    ]
    seen = [d.id for d in w.notification_destinations.list(page_size=2)]
    holds({d.id for d in made} <= set(seen) and len(seen) == len(set(seen)), "destinations over pages")
    hook = w.notification_destinations.get(made[0].id).config.generic_webhook
    equal((hook.password, hook.password_set, hook.url_set), (None, True, True), "secrets never come back")
    w.notification_destinations.update(
        made[0].id, display_name="judge-edited", config=api.Config(email=api.EmailConfig(addresses=["ops@corp.test"]))
    )
    read = w.notification_destinations.get(made[0].id)
    equal((read.display_name, read.destination_type), ("judge-edited", api.DestinationType.EMAIL), "after update")
    for destination in made:
        w.notification_destinations.delete(destination.id)
    refused(DatabricksError, lambda: w.notification_destinations.get(made[0].id), "a deleted destination is gone")


KINDS = {
    "workspace-conf": workspace_conf,
    "ip-access-lists": ip_access_lists,
    "tokens": tokens,
    "token-permissions": token_permissions,
    "notification-destinations": notification_destinations,
}
