"""What only a cluster tells, made and read by hand: mounts by the SDK's own dbutils, permissions in the hive metastore by SQL."""

from databricks.sdk.dbutils import MountInfo
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import compute

from expect import equal, holds, refused


def make_cluster(w, name):
    return w.clusters.create_and_wait(
        cluster_name=name, spark_version=w.clusters.select_spark_version(long_term_support=True),
        node_type_id=w.clusters.select_node_type(local_disk=True), num_workers=1,
    ).cluster_id


# They have no pages: the cluster tells all of them at once.
def mounts(w):
    cluster = make_cluster(w, "judge-mounts")
    w.config.cluster_id = cluster
    fs = w.dbutils.fs
    before = fs.mounts()
    source, point = "abfss://judge@lake.test/", "/mnt/jüdge's not 'here'"
    refused(DatabricksError, lambda: fs.mount(source, point), "a quotation mark in an argument, which the SDK garbles")
    point = "/mnt/jüdge 💥"
    holds(fs.mount(source, point, extra_configs={"fs.azure.account.auth.type": "OAuth"}), "mounting says that it did")
    holds(fs.mount("s3a://judge", "/mnt/judge-2", encryption_type="sse-s3"), "mounting says that it did")
    added = {MountInfo(point, source, ""), MountInfo("/mnt/judge-2", "s3a://judge", "sse-s3")}
    equal(set(fs.mounts()) - set(before), added, "what was mounted")
    try:
        fs.mount("wasbs://other@lake.test/", point)
        raise AssertionError("mounted twice")
    except DatabricksError as error:
        equal(str(error), f"requirement failed: Directory already mounted: {point}", "a point is mounted once")
    fs.updateMount("wasbs://other@lake.test/", point)
    equal([one.source for one in fs.mounts() if one.mountPoint == point], ["wasbs://other@lake.test/"], "after update")
    refused(DatabricksError, lambda: fs.updateMount(source, "/mnt/judge-3"), "what is not mounted is not updated")
    holds(fs.refreshMounts(), "the cluster's machines look again")
    fs.unmount(point)
    fs.unmount("/mnt/judge-2")
    equal(fs.mounts(), before, "what is unmounted is gone")
    refused(DatabricksError, lambda: fs.unmount(point), "and cannot be unmounted again")
    w.clusters.permanent_delete(cluster)


# SHOW TABLES and SHOW GRANTS have no pages: a command gives all rows, or says that it cut them off.
def table_acls(w):
    cluster = make_cluster(w, "judge-acls")
    context = w.command_execution.create_and_wait(cluster_id=cluster, language=compute.Language.SQL)

    def sql(text):
        done = w.command_execution.execute_and_wait(
            cluster_id=cluster, context_id=context.id, language=compute.Language.SQL, command=text
        )
        if done.results.result_type == compute.ResultType.ERROR:
            raise DatabricksError(done.results.summary)
        return done.results

    def grants(on):
        shown = sql(f"SHOW GRANTS ON {on}")
        equal([column["name"] for column in shown.schema][:3], ["Principal", "ActionType", "ObjectType"], "columns")
        return {(row[0], row[1]) for row in shown.data if row[2] == on.split()[0]}

    me = w.current_user.me().user_name
    sql("CREATE DATABASE judge")
    for name in ("orders", "`odd ``name`"):
        sql(f"CREATE TABLE judge.{name} (id BIGINT)")
    equal({row[1] for row in sql("SHOW TABLES IN judge").data}, {"orders", "odd `name"}, "tables")
    holds(["judge"] in sql("SHOW DATABASES").data, "the database is listed")
    table = "TABLE judge.`odd ``name`"
    equal(grants(table), {(me, "OWN")}, "whoever made it owns it, and nobody else may do anything")
    sql(f"GRANT SELECT, MODIFY ON {table} TO `users`")
    sql(f"DENY READ_METADATA ON {table} TO `someone@example.test`")
    given = {("users", "SELECT"), ("users", "MODIFY"), ("someone@example.test", "DENIED_READ_METADATA")}
    equal(grants(table), {(me, "OWN")} | given, "grants and denials")
    equal(grants("TABLE judge.orders"), {(me, "OWN")}, "the other table is as it was")
    sql(f"REVOKE MODIFY ON {table} FROM `users`")
    sql(f"ALTER {table} OWNER TO `admins`")
    equal(grants(table), {("admins", "OWN")} | given - {("users", "MODIFY")}, "after REVOKE and a new owner")
    sql("GRANT USAGE ON DATABASE judge TO `users`")
    shown = sql(f"SHOW GRANTS ON {table}").data
    holds(["users", "USAGE", "DATABASE"] in [row[:3] for row in shown], "what comes from above is shown along with it")
    sql(f"REVOKE SELECT ON {table} FROM `users`")
    sql(f"REVOKE READ_METADATA ON {table} FROM `someone@example.test`")
    equal(grants(table), {("admins", "OWN")}, "what is revoked is gone, denials too")
    refused(DatabricksError, lambda: sql("GRANT SELECT ON TABLE judge.none TO `users`"), "there is no such table")
    refused(DatabricksError, lambda: sql("GRANT SELECT ON TABLE judge.orders"), "to nobody")
    w.command_execution.destroy(cluster, context.id)
    w.clusters.permanent_delete(cluster)


KINDS = {
    "mounts": mounts,
    "table-acls": table_acls,
}
