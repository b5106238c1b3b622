"""What the vendor's SDK sees of a workspace, kind by kind, and whether two workspaces look the same to it.

    restored_view.py URL TOKEN URL TOKEN

The second is what Holdfast restored the first into.  Ids are replaced by what they belong to; times, states, and what says
that something fires by itself are left out: it arrives paused, which is looked at apart.  A KIND that is not the same on
both sides is a failure, and so is one of which the source has nothing.
"""

import hashlib
import json
import logging
import re
import sys

from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import DatabricksError, NotFound
from databricks.sdk.service.compute import Language
from databricks.sdk.service.workspace import ExportFormat, ObjectType

# The server fills these in, or they pass.
DROPPED = {
    "account_id", "created_at", "created_at_timestamp", "create_time", "created_time", "creation_time", "creation_timestamp",
    "catalog_id", "connection_id", "credential_id", "driver", "etag", "executors", "format", "head_commit_id", "health", "jdbc_url",
    "last_activity_time", "last_restarted_time", "last_state_loss_time", "last_update_time", "last_updated_timestamp",
    "lifecycle_state", "metastore_id", "meta", "modification_time", "modified_at", "num_clusters", "odbc_params",
    "pinned_by_user_name", "resource_id", "revision_create_time", "schema_id", "schemas", "spark_context_id", "start_time",
    "state", "state_message", "stats", "terminated_time", "termination_reason", "trigger_state", "update_time",
    "function_id", "table_id", "updated_at", "volume_id", "workspace_id",
}  # fmt: skip
# What starts something by itself, where the SDK sees it.
FIRING = {"pause_status", "enabled", "min_idle_instances", "continuous"}
# What does not come along, and why.
APART = {
    "groups/directory readers": "of the account: assigned by hand",
    "secret-scopes/key-vault": "takes a user who is signed in with Entra",
    "tables/main.sales.orders": "its data is cloned by hand",
    "tables/main.sales.late_orders": "reads a table whose data is cloned by hand",
}
# Who is in these is for the target's administrators to say, and the account's groups are assigned by hand.
OTHERS = {"admins", "users", "directory readers"}
UNORDERED = {
    "access_control_list", "all_permissions", "members", "groups", "privilege_assignments", "privileges", "entitlements",
    "libraries", "acls", "roles",
}  # fmt: skip


def perhaps(call):
    """None where there is no such thing."""
    try:
        return call().as_dict()
    except NotFound:
        return None


def permissions(w, kind, object_id):
    return w.permissions.get(kind, str(object_id)).as_dict()


def own_groups(found):
    if "groups" in found:
        found["groups"] = [one for one in found["groups"] if one["display"] not in OTHERS]
    return found


def users(w):
    for one in w.users.list():
        yield one.user_name, [one.id], [own_groups(one.as_dict())]


def groups(w):
    for one in w.groups.list():
        found = own_groups(w.groups.get(one.id).as_dict())
        if one.display_name in OTHERS:
            found.pop("members", None)
        yield one.display_name, [one.id], [found]


def service_principals(w):
    for one in w.service_principals.list():
        yield one.application_id, [one.id], [own_groups(one.as_dict())]


TREE = {
    ObjectType.DIRECTORY: ("folders", "directories"),
    ObjectType.NOTEBOOK: ("notebooks", "notebooks"),
    ObjectType.FILE: ("files", "files"),
    ObjectType.REPO: ("repos", "repos"),
}


def tree(kind, path="/"):
    def of(w):
        def walk(folder):
            for one in w.workspace.list(folder):
                yield one
                if one.object_type == ObjectType.DIRECTORY:
                    yield from walk(one.path)

        for one in walk(path):
            name, permission = TREE.get(one.object_type, (None, None))
            # What was thrown away is not read.
            if name != kind or re.match("/Users/[^/]+/Trash(/|$)", one.path):
                continue
            seen = [one.as_dict(), permissions(w, permission, one.object_id)]
            if kind == "notebooks":
                try:
                    seen.append(w.workspace.export(one.path, format=ExportFormat.SOURCE).content)
                except DatabricksError as error:  # too large for anybody
                    seen.append(str(error))
            elif kind == "files":
                with w.workspace.download(one.path) as stream:
                    seen.append(hashlib.sha256(stream.read()).hexdigest())
            elif kind == "repos":
                seen.append(w.repos.get(one.object_id).as_dict())
            yield one.path, [str(one.object_id)], seen

    return of


def secret_scopes(w):
    for one in w.secrets.list_scopes():
        yield one.name, [], [one.as_dict(), {"acls": [acl.as_dict() for acl in w.secrets.list_acls(one.name)]}]


def dbfs_files(w):
    for one in w.dbfs.list("/", recursive=True):
        with w.dbfs.download(one.path) as stream:
            yield one.path, [], [one.as_dict(), hashlib.sha256(stream.read()).hexdigest()]


def instance_pools(w):
    for one in w.instance_pools.list():
        found = w.instance_pools.get(one.instance_pool_id).as_dict()
        yield one.instance_pool_name, [one.instance_pool_id], [found, permissions(w, "instance-pools", one.instance_pool_id)]


def cluster_policies(w):
    for one in w.cluster_policies.list():
        yield one.name, [one.policy_id], [one.as_dict(), permissions(w, "cluster-policies", one.policy_id)]


def clusters(w):
    for one in w.clusters.list():
        if one.cluster_source.value in ("JOB", "PIPELINE"):
            continue
        found = w.clusters.get(one.cluster_id).as_dict()
        found["pinned"] = "pinned_by_user_name" in found
        libraries = {"libraries": [each.library.as_dict() for each in w.libraries.cluster_status(one.cluster_id)]}
        yield one.cluster_name, [one.cluster_id], [found, libraries, permissions(w, "clusters", one.cluster_id)]


def global_init_scripts(w):
    for one in w.global_init_scripts.list():
        yield one.name, [one.script_id], [w.global_init_scripts.get(one.script_id).as_dict()]


def jobs(w):
    for one in w.jobs.list():
        yield one.settings.name, [str(one.job_id)], [w.jobs.get(one.job_id).as_dict(), permissions(w, "jobs", one.job_id)]


def pipelines(w):
    for one in w.pipelines.list_pipelines():
        found = w.pipelines.get(one.pipeline_id)
        spec = found.spec.as_dict()
        yield one.name, [one.pipeline_id], [spec, permissions(w, "pipelines", one.pipeline_id)]


def warehouses(w):
    for one in w.warehouses.list():
        yield one.name, [one.id], [w.warehouses.get(one.id).as_dict(), permissions(w, "warehouses", one.id)]


def warehouse_settings(w):
    yield "settings", [], [w.warehouses.get_workspace_warehouse_config().as_dict()]


def queries(w):
    for one in w.queries.list():
        yield one.display_name, [one.id], [w.queries.get(one.id).as_dict(), permissions(w, "sql/queries", one.id)]


def alerts(w):
    for one in w.alerts.list():
        yield one.display_name, [one.id], [w.alerts.get(one.id).as_dict(), permissions(w, "sql/alerts", one.id)]


def alerts_v2(w):
    for one in w.alerts_v2.list_alerts():
        yield one.display_name, [one.id], [w.alerts_v2.get_alert(one.id).as_dict(), permissions(w, "alertsv2", one.id)]


def dashboards(w):
    for one in w.lakeview.list():
        found = w.lakeview.get(one.dashboard_id).as_dict()
        schedules = []
        for each in w.lakeview.list_schedules(one.dashboard_id):
            schedule = each.as_dict()
            schedule.pop("schedule_id")
            schedules.append(schedule)
        published = perhaps(lambda: w.lakeview.get_published(one.dashboard_id))
        yield (
            one.display_name,
            [one.dashboard_id],
            [found, published, schedules, permissions(w, "dashboards", one.dashboard_id)],
        )


def workspace_conf(w):
    for key in ("maxTokenLifetimeDays", "enableWebTerminal", "enableIpAccessLists", "enableTokensConfig"):
        yield key, [], [w.workspace_conf.get_status(keys=key)]


def notification_destinations(w):
    for one in w.notification_destinations.list():
        found = w.notification_destinations.get(one.id).as_dict()
        if "email" not in found["config"]:
            found.pop("config")  # addresses and secrets cannot be read
        yield one.display_name, [one.id], [found]


def token_permissions(w):
    yield "tokens", [], [w.token_management.get_permissions().as_dict()]


def ip_access_lists(w):
    for one in w.ip_access_lists.list():
        yield one.label, [one.list_id], [one.as_dict()]


def experiments(w):
    for one in w.experiments.list_experiments():
        yield one.name, [one.experiment_id], [one.as_dict(), permissions(w, "experiments", one.experiment_id)]


def registered_models(w):
    for one in w.model_registry.list_models():
        found = w.model_registry.get_model(one.name).registered_model_databricks.as_dict()
        found.pop("latest_versions", None)  # versions do not come along
        yield one.name, [found["id"]], [found, permissions(w, "registered-models", found["id"])]


def serving_endpoints(w):
    for one in w.serving_endpoints.list():
        found = w.serving_endpoints.get(one.name).as_dict()
        yield one.name, [found["id"]], [found, permissions(w, "serving-endpoints", found["id"])]


TAGGED = ("CATALOG", "SCHEMA", "TABLE", "VOLUME")


def securable(kind, listed, name="name"):
    def of(w):
        for one in listed(w):
            full_name = getattr(one, name)
            found = one.as_dict()
            found.pop("id", None)
            documents = [found, w.grants.get(kind, full_name).as_dict()]
            if kind in TAGGED:
                tags = w.entity_tag_assignments.list(f"{kind.lower()}s", full_name)
                documents.append({"tags": [one.as_dict() for one in tags]})
            yield full_name, [], documents

    return of


def own_catalogs(w):
    return [one for one in w.catalogs.list() if one.catalog_type.value != "SYSTEM_CATALOG"]


def own_schemas(w):
    return [one for catalog in own_catalogs(w) for one in w.schemas.list(catalog.name) if one.name != "information_schema"]


def own_volumes(w):
    return [one for schema in own_schemas(w) for one in w.volumes.list(schema.catalog_name, schema.name)]


# Lists of tables say less than one by one.
def own_tables(w):
    listed = [one for schema in own_schemas(w) for one in w.tables.list(schema.catalog_name, schema.name)]
    return [w.tables.get(one.full_name) for one in listed]


def own_functions(w):
    return [one for schema in own_schemas(w) for one in w.functions.list(schema.catalog_name, schema.name)]


# Only a cluster tells these.
def on_cluster(w):
    w.config.cluster_id = next(one.cluster_id for one in w.clusters.list() if one.cluster_name == "etl-dev")
    w.clusters.ensure_cluster_is_running(w.config.cluster_id)
    return w.config.cluster_id


def mounts(w):
    on_cluster(w)
    for one in w.dbutils.fs.mounts():
        yield one.mountPoint, [], [one.source, one.encryptionType]


def table_acls(w):
    cluster = on_cluster(w)
    context = w.command_execution.create_and_wait(cluster_id=cluster, language=Language.SQL)

    def rows(text):
        done = w.command_execution.execute_and_wait(
            cluster_id=cluster, context_id=context.id, language=Language.SQL, command=text
        )
        return done.results.data

    databases = [row[0] for row in rows("SHOW DATABASES")]
    objects = ["CATALOG", "ANY FILE", "ANONYMOUS FUNCTION", *(f"DATABASE {one}" for one in databases)]
    objects += [f"TABLE {row[0]}.{row[1]}" for one in databases for row in rows(f"SHOW TABLES IN {one}")]
    for one in objects:
        yield one, [], [sorted(rows(f"SHOW GRANTS ON {one}"))]
    w.command_execution.destroy(cluster, context.id)


# By the names of the kinds table: each yields name, ids, and what is seen.
KINDS = {
    "users": users,
    "service-principals": service_principals,
    "groups": groups,
    "folders": tree("folders"),
    "notebooks": tree("notebooks"),
    "files": tree("files"),
    "repos": tree("repos"),
    "secret-scopes": secret_scopes,
    "dbfs-files": dbfs_files,
    "instance-pools": instance_pools,
    "cluster-policies": cluster_policies,
    "global-init-scripts": global_init_scripts,
    "clusters": clusters,
    "pipelines": pipelines,
    "jobs": jobs,
    "warehouse-settings": warehouse_settings,
    "warehouses": warehouses,
    "queries": queries,
    "alerts": alerts,
    "alerts-v2": alerts_v2,
    "dashboards": dashboards,
    "workspace-conf": workspace_conf,
    "notification-destinations": notification_destinations,
    "token-permissions": token_permissions,
    "ip-access-lists": ip_access_lists,
    "experiments": experiments,
    "registered-models": registered_models,
    "serving-endpoints": serving_endpoints,
    "storage-credentials": securable("STORAGE_CREDENTIAL", lambda w: w.storage_credentials.list()),
    "external-locations": securable("EXTERNAL_LOCATION", lambda w: w.external_locations.list()),
    "connections": securable("CONNECTION", lambda w: w.connections.list()),
    "catalogs": securable("CATALOG", own_catalogs),
    "schemas": securable("SCHEMA", own_schemas, "full_name"),
    "volumes": securable("VOLUME", own_volumes, "full_name"),
    "tables": securable("TABLE", own_tables, "full_name"),
    "functions": securable("FUNCTION", own_functions, "full_name"),
    "mounts": mounts,
    "table-acls": table_acls,
}


def clean(value, labels):
    if isinstance(value, dict):
        out = {}
        for key, member in value.items():
            if key in DROPPED or key in FIRING:
                continue
            seen = clean(member, labels)
            if key in UNORDERED and isinstance(seen, list):
                seen = sorted(seen, key=lambda one: json.dumps(one, sort_keys=True))
            if seen not in (None, {}, []):
                out[key] = seen
        return out
    if isinstance(value, list):
        return [clean(one, labels) for one in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return labels.get(str(value), value)
    if isinstance(value, str):
        # Where the platform puts things that say nothing of a place holds an id; it is kept as it was.
        value = re.sub("^dbfs:/(pipelines|databricks/mlflow-tracking)/.*", r"dbfs:/\1/ID", value)
        for one, label in labels.items():
            if one in value:
                value = value.replace(one, label)
    return value


def fires(value):
    """Whether anything in it says that it starts by itself."""
    if isinstance(value, list):
        return any(fires(one) for one in value)
    if not isinstance(value, dict):
        return False
    here = [
        value.get("pause_status") == "UNPAUSED",
        value.get("continuous") is True,
        value.get("min_idle_instances", 0) != 0,
    ]
    return any(here) or any(fires(one) for one in value.values())


def look(w):
    seen = {kind: [one for one in of(w) if f"{kind}/{one[0]}" not in APART] for kind, of in KINDS.items()}
    labels = {one: f"<{kind}/{name}>" for kind, all in seen.items() for name, ids, _ in all for one in ids}
    # Twins of one name are told apart by what is in them.
    precise = dict(labels)
    for kind, all in seen.items():
        names = [name for name, _, _ in all]
        for name, ids, found in all:
            if names.count(name) == 1:
                continue
            text = json.dumps(clean(found, labels), sort_keys=True)
            for one in ids:
                precise[one] = f"<{kind}/{name} {hashlib.sha256(text.encode()).hexdigest()[:8]}>"
    lines = {
        kind: sorted(f"{name} {json.dumps(clean(found, precise), sort_keys=True, ensure_ascii=False)}" for name, _, found in all)
        for kind, all in seen.items()
    }
    firing = [f"{kind}/{name}" for kind, all in seen.items() for name, _, found in all if fires(found)]
    return lines, firing


def main(source_url, source_token, target_url, target_token):
    logging.disable(logging.CRITICAL)
    source, source_firing = look(WorkspaceClient(config=Config(host=source_url, token=source_token)))
    target, target_firing = look(WorkspaceClient(config=Config(host=target_url, token=target_token)))
    failed = 0
    for kind in KINDS:
        missing = sorted(set(source[kind]) - set(target[kind]))
        more = sorted(set(target[kind]) - set(source[kind]))
        if missing or more or not source[kind] or len(source[kind]) != len(target[kind]):
            failed += 1
            print(f"FAILED {kind}: {len(source[kind])} in the source, {len(target[kind])} in the target")
            for line in missing:
                print(f"  - {line}")
            for line in more:
                print(f"  + {line}")
        else:
            print(f"ok {kind}: {len(source[kind])} look the same")
    if not source_firing or target_firing:
        failed += 1
        print(f"FAILED firing: {len(source_firing)} in the source; in the target {target_firing}")
    else:
        print(f"ok firing: {len(source_firing)} in the source, none in the target")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
